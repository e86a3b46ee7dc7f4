/** What a store and a warehouse are asked: sixteen questions of about ten words. */
export const QUESTIONS: readonly string[] = [
  'Is any shelf in this picture completely empty?',
  'Is a person lying on the floor of the aisle?',
  'Are more than five people waiting at the checkout?',
  'Is there a spill or water on the floor?',
  'Is the emergency exit blocked by boxes or pallets?',
  'Is somebody in the warehouse without a safety vest?',
  'Is a forklift driving in the area for people?',
  'Is the door of the cold room standing open?',
  'Is a shopping cart left alone in the parking lot?',
  'Is there smoke or fire anywhere in this picture?',
  'Is a ladder standing in the middle of the aisle?',
  'Is someone climbing on the shelf to reach something?',
  'Is a pallet standing on the yellow line?',
  'Are the lights in this part of the store off?',
  'Is a box lying broken in front of the gate?',
  'Is the counter without any staff at the moment?',
];

/** The words that ask a model of this family for one word. */
export const ANSWER_FORM = 'Answer yes or no.';
