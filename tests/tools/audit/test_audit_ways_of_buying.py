"""Promise to whoever buys tokens: batch, flex and priority traffic is told apart, and no price of another way of buying is put on it."""

from tests.tools.audit.test_audit_fold import agree, both


def test_the_batch_column_of_openai_usage(tmp_path, monkeypatch):
    head = "start_time,end_time,num_model_requests,input_tokens,output_tokens,input_cached_tokens,model,batch,service_tier\n"
    rows = [
        "1790553600,1790640000,5,1000000,0,0,gpt-4o-2024-08-06,TRUE,default\n",
        "1790553600,1790640000,5,1000000,0,0,gpt-4o-2024-08-06,FALSE,default\n",
        "1790553600,1790640000,5,1000000,0,0,gpt-4o-2024-08-06,FALSE,priority\n",
    ]
    sums = []
    for at, row in enumerate(rows):
        folder = tmp_path / str(at)
        folder.mkdir()
        file = folder / "usage.csv"
        file.write_text(head + row, encoding="utf-8")
        direct, folded = both([file], folder, monkeypatch)
        agree(direct, folded)
        sums.append(folded.result["priced_usage"])
    batch, plain, priority = sums
    assert float(batch["total"]) * 2 == float(plain["total"]) > 0
    assert priority is None or not priority["total"]
