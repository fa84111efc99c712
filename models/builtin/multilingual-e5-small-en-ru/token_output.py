"""Makes the network give its token vectors too: `last_hidden_state`, what it pools to `sentence_embedding`.

    pip install onnx==1.23.2
    python token_output.py OLD.onnx NEW.onnx
"""
import hashlib
import sys

import onnx

OLD = "5d8a601807fca9eb21a2450f790379913e463cf3f946cf3a856c6ccd3adfa7c2"
# The output of the last LayerNormalization. It gets the name that exports of transformers give it.
HIDDEN, NAME = "t162", "last_hidden_state"

old, new = sys.argv[1:]
with open(old, "rb") as file:
    assert hashlib.sha256(file.read()).hexdigest() == OLD, f"{old} is another file"
model = onnx.load(old)
graph = model.graph
for node in graph.node:
    for names in (node.input, node.output):
        names[:] = [NAME if name == HIDDEN else name for name in names]
graph.output.append(onnx.helper.make_tensor_value_info(NAME, onnx.TensorProto.FLOAT, ["batch", "sequence", 384]))
onnx.checker.check_model(model)
onnx.save(model, new)
