"""Held-out pictures (seeds never used in training): heldout_render.py OUTDIR N"""
import sys, os, json
from PIL import Image
from world import *
out, n = sys.argv[1], int(sys.argv[2]); os.makedirs(out+'/pictures', exist_ok=True); L = []
for i in range(n):
    st = random_state(FAMS[i % 3], 800000+i); a, _ = render(st); f = 'pictures/%04d.jpg' % i; Image.fromarray(a).save(out+'/'+f, quality=88); L.append(dict(image=f, family=st['fam'], truth=truth(st)))
json.dump(L, open(out+'/truth.json', 'w'))
