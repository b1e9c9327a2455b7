"""Promise to whoever pays for models: every vendor's and gateway's export is known by its header; tokens and money are counted once.

No vendor publishes a bill as a sample, so the rows here are ours, under the headers that the exports really have (seen in public
import code, read 2026-11-22). They are no real bill.
"""

# ruff: noqa: E501 - rows of exports are data

import json
from pathlib import Path
from typing import Any

import pytest

from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext


def audit(tmp_path: Path, text: str, name: str = "export.csv") -> dict[str, Any]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return run(AuditCosts(file=[str(file)]), ToolContext(out_dir=tmp_path / "out")).result


def facts(result: dict[str, Any]) -> tuple[str, str | None, str, int, int]:
    assert result["rows_read"] == result["rows_counted"] + result["rows_excluded"] + result["rows_unknown"]
    total = None if result["total"] is None else result["total_text"]
    return result["form"], total, result["currency"], result["rows_read"], result["rows_counted"]


def tokens(result: dict[str, Any], model: str) -> dict[str, int]:
    return {m["token_type"]: m["quantity"] for m in result["models"] if m["model"] == model and m["token_type"] != "all"}


def spend(result: dict[str, Any]) -> dict[str, float]:
    return {m["model"]: m["cost"] for m in result["models"] if m["token_type"] == "all"}


# --- OpenAI ------------------------------------------------------------------------------------------------------------------

OPENAI_COST_HEAD = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,user_id,api_key_id,project_id,organization_id,project_name,organization_name,user_email,api_source\n"


def test_openai_costs_by_line_item(tmp_path):
    text = (
        OPENAI_COST_HEAD
        + "1790467200,1790553600,2026-09-27T00:00:00+00:00,2026-09-28T00:00:00+00:00,,,,,,,,,,,,,\n"
        + '1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,0.500000000000000000000000,usd,100000,tokens,"gpt-5-mini-2025-08-07, input",,key_1,proj_a,org-1,Search,Org,person@example.com,\n'
        + '1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,0.025,usd,50000,tokens,"gpt-5-mini-2025-08-07, cached input",,key_1,proj_a,org-1,Search,Org,person@example.com,\n'
        + '1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,2.4,usd,300000,tokens,"gpt-5-mini-2025-08-07, output",,key_1,proj_a,org-1,Search,Org,person@example.com,\n'
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("openai_cost", "2.925", "USD", 4, 3)
    assert result["ai_total_text"] == "2.925"
    assert tokens(result, "gpt-5-mini-2025-08-07") == {"input": 100000, "cached": 50000, "output": 300000}
    assert (result["period"]["start"], result["period"]["end"]) == ("2026-09-28", "2026-09-28")
    assert "person@example.com" not in json.dumps(result)


@pytest.mark.parametrize("line", ["{}, {}", "{} {}"])
def test_openai_costs_without_quantities_are_split_by_token_type(tmp_path, line):
    days = {"input": 1.5, "cached input": 0.5, "output": 2.5}
    head = "start_time_iso,amount_value,amount_currency,line_item,project_id,project_name\n"
    rows = [f'2026-09-28T00:00:00+00:00,{cost},usd,"{line.format("gpt-4o-2024-08-06", kind)}",p1,Chat\n' for kind, cost in days.items()]
    result = audit(tmp_path, head + "".join(rows))
    models = [(entry["model"], entry["token_type"], entry["quantity"], entry["cost"]) for entry in result["models"]]
    model = "gpt-4o-2024-08-06"
    assert models == [(model, "cached", None, 0.5), (model, "input", None, 1.5), (model, "output", None, 2.5), (model, "all", None, 4.5)]


def test_the_older_openai_cost_export_is_read_in_dollars_not_cents(tmp_path):
    text = (
        "timestamp,currency,name,cost,organization_id,project_id,project_name,organization_name,cost_in_major,date\n"
        "1735689600,USD,GPT-4o,1234.5,org-1,proj_a,Search,Org,12.345,2025-01-01\n"
        "1735689600,USD,GPT-4o mini,5,org-1,proj_a,Search,Org,0.05,2025-01-01\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("openai_cost", "12.395", "USD", 2, 2)
    assert spend(result) == {"GPT-4o": 12.345, "GPT-4o mini": 0.05}


@pytest.mark.parametrize(
    ("columns", "values", "expected"),
    [
        ("model,input_tokens", "text-embedding-3-small,90000", {"input": 90000}),
        ("model,images,source,size", "gpt-image-1,12,image.generation,1024x1024", {}),
        ("model,characters", "tts-1-hd,5000", {}),
        ("model,seconds", "whisper-1,360", {}),
        (
            "model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_text_tokens,output_text_tokens",
            "gpt-5-2025-08-07,TRUE,default,1000,200,400,1000,200",
            {"input": 1000, "cached": 400, "output": 200},
        ),
    ],
    ids=["embeddings", "images", "speech", "transcription", "completions"],
)
def test_openai_usage_of_every_kind_counts_requests_and_tokens_and_no_money(tmp_path, columns, values, expected):
    head = f"start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,{columns}\n"
    row = f"1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,proj_a,7,user-1,key_1,{values}\n"
    result = audit(tmp_path, head + row + row.replace(",7,", ",3,"))
    assert facts(result) == ("openai_usage", None, "", 2, 2)
    model = values.split(",")[0]
    assert tokens(result, model) == {kind: amount * 2 for kind, amount in expected.items()}
    assert {m["model"]: m["requests"] for m in result["models"] if m["token_type"] == "all"} == {model: 10}


# --- Anthropic ---------------------------------------------------------------------------------------------------------------


def test_anthropic_usage_adds_both_cache_writes_and_keeps_types_apart(tmp_path):
    head = "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed\n"
    text = (
        head
        + "2026-08-05,claude-opus-5,key-a,Default,standard,≤ 200k,46981,15969,31,700,16932,0,global,\n2026-08-06,claude-opus-5,key-a,Default,batch,≤ 200k,19,0,0,300,68,2,global,\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("anthropic_usage", None, "", 2, 2)
    assert tokens(result, "claude-opus-5") == {"input": 47000, "cache_write": 16000, "cached": 1000, "output": 17000}


@pytest.mark.parametrize("more", ["", ",api_key_id,api_key_status"])
def test_anthropic_costs_count_the_charge_and_not_the_list_price(tmp_path, more):
    head = (
        "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed"
    )
    tail = ",apikey_x,active" if more else ""
    rows = [
        f"2026-08-15,Claude Haiku 4.5,Default,search,message,≤ 200k,{kind},{cost},{listed},token,global,{tail}"
        for kind, cost, listed in (
            ("input_no_cache", "0.19", "0.20"),
            ("input_cache_read", "1.71", "1.80"),
            ("input_cache_write_5m", "0.40", "0.42"),
            ("output", "0.00", "0.00"),
            ("output", "0.03", "0.03"),
        )
    ]
    result = audit(tmp_path, "\n".join([head + more, *rows]) + "\n")
    assert facts(result) == ("anthropic_cost", "2.33", "USD", 5, 5)
    assert spend(result) == {"Claude Haiku 4.5": 2.33}


# --- Gateways ----------------------------------------------------------------------------------------------------------------

OPENROUTER_HEAD = "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,byok_usage_inference,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,variant,cancelled,streamed,user,finish_reason_raw,finish_reason_normalized,generation_time_ms,time_to_first_token_ms,api_key_disabled,api_key_name,app_name\n"


def test_openrouter_takes_the_total_and_not_its_parts(tmp_path):
    line = "gen-1,2026-09-14 10:00:00.123,0.25,0.02,-0.01,0,0,1000,200,50,400,deepseek/deepseek-v4.1,DeepInfra,standard,false,true,,stop,stop,900,100,false,prod-key,chat\n"
    other = "gen-2,2026-09-14 10:01:00.000,0.5,0,0,0,0.3,3000,600,0,0,openai/gpt-5-mini,OpenAI,standard,true,true,,,error,100,10,false,prod-key,chat\n"
    result = audit(tmp_path, OPENROUTER_HEAD + line + other + line)
    assert facts(result) == ("openrouter_activity", "0.75", "USD", 3, 2)
    assert [(e["reason"], e["amount_text"]) for e in result["exclusions"]] == [("duplicate line", "0.25")]
    assert tokens(result, "deepseek/deepseek-v4.1") == {"input": 1000, "cached": 400, "output": 200, "reasoning": 50}


def test_openrouter_days(tmp_path):
    """Columns of the activity endpoint, one row per day, model and provider."""
    text = (
        "date,model,model_permaslug,endpoint_id,provider_name,usage,byok_usage_inference,requests,prompt_tokens,completion_tokens,reasoning_tokens\n"
        "2026-09-14,openai/gpt-5,openai/gpt-5-2025-08-07,e1,OpenAI,0.015,0.012,5,50,125,25\n"
        "2026-09-15,openai/gpt-5,openai/gpt-5-2025-08-07,e1,OpenAI,0.030,0,7,70,150,30\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("openrouter_daily", "0.045", "USD", 2, 2)
    assert tokens(result, "openai/gpt-5-2025-08-07") == {"input": 120, "output": 275, "reasoning": 55}


LITELLM_HEAD = "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,completionStartTime,model,model_id,model_group,custom_llm_provider,api_base,user,metadata,cache_hit,cache_key,request_tags,team_id,end_user,requester_ip_address,session_id,status\n"


def test_litellm_spend_logs_count_a_request_once(tmp_path):
    first = 'r1,acompletion,hash1,0.0123,1200,1000,200,2026-09-14 10:00:00.1,2026-09-14 10:00:02.1,,gpt-5-mini,m1,fast,openai,,u1,"{""user_api_key_alias"": ""k"", ""usage_object"": {""prompt_tokens"": 1000, ""prompt_tokens_details"": {""cached_tokens"": 400}, ""completion_tokens_details"": {""reasoning_tokens"": 50}}}",False,,"[""prod""]",team-a,,10.0.0.1,s1,success\n'
    second = "r2,acompletion,hash1,0,0,0,0,2026-09-14 10:01:00.1,2026-09-14 10:01:02.1,,claude-sonnet-5,m2,smart,anthropic,,u1,{},False,,[],team-b,,10.0.0.1,s1,failure\n"
    third = "r3,aembedding,hash1,1.5e-05,750,750,0,2026-09-14 10:02:00.1,2026-09-14 10:02:02.1,,text-embedding-3-small,m3,embed,openai,,u1,{},False,,[],team-a,,10.0.0.1,s1,success\n"
    result = audit(tmp_path, LITELLM_HEAD + first + second + third + first)
    assert facts(result) == ("litellm_spend", "0.012315", "USD", 4, 3)
    assert tokens(result, "gpt-5-mini") == {"input": 1000, "cached": 400, "output": 200, "reasoning": 50}
    assert spend(result) == {"gpt-5-mini": 0.0123, "claude-sonnet-5": 0.0, "text-embedding-3-small": 0.000015}


def test_litellm_team_alias_inside_the_metadata(tmp_path):
    log = {"request_id": "r1", "spend": 0.5, "prompt_tokens": 10, "completion_tokens": 2, "startTime": "2026-09-14T10:00:00Z"}
    log |= {"model": "gpt-5-mini", "team_id": "0b1f-uuid"}
    named = [log | {"metadata": {"user_api_key_team_alias": "Search"}}, log | {"request_id": "r2", "metadata": {}}]
    result = audit(tmp_path, json.dumps(named), "logs.json")
    assert {team["name"]: team["cost"] for team in result["teams"]} == {"Search": 0.5, "0b1f-uuid": 0.5}


def test_litellm_days(tmp_path):
    """Columns of the LiteLLM_DailyUserSpend table."""
    text = (
        "id,user_id,date,api_key,model,model_group,custom_llm_provider,mcp_namespaced_tool_name,endpoint,prompt_tokens,completion_tokens,cache_read_input_tokens,cache_creation_input_tokens,spend,prompt_caching_savings_spend,api_requests,successful_requests,failed_requests,created_at,updated_at\n"
        "1,u1,2026-09-14,hash1,claude-sonnet-5,smart,anthropic,,,5000,700,3000,400,0.031,0.008,9,8,1,2026-09-14 01:00:00,2026-09-14 23:00:00\n"
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("litellm_spend", "0.031", "USD", 1, 1)
    assert tokens(result, "claude-sonnet-5") == {"input": 5000, "output": 700, "cached": 3000, "cache_write": 400}
    assert {m["model"]: m["requests"] for m in result["models"] if m["token_type"] == "all"} == {"claude-sonnet-5": 9}


# --- Traces ------------------------------------------------------------------------------------------------------------------


def test_langfuse_observations_take_the_total_cost_and_the_stated_tokens(tmp_path):
    """Columns of the observations export, with the usage and cost objects as JSON in a cell."""
    text = (
        "id,traceId,traceName,type,name,startTime,endTime,level,environment,model,usageDetails,costDetails,inputCost,outputCost,totalCost,inputUsage,outputUsage,totalUsage,latency\n"
        'o1,t1,chat,GENERATION,answer,2026-09-14T10:00:00.000Z,2026-09-14T10:00:02.000Z,DEFAULT,production,gpt-5-mini,"{""input"": 600, ""output"": 200, ""total"": 1200, ""input_cached_tokens"": 400}","{""input"": 0.001, ""output"": 0.002, ""total"": 0.003}",0.001,0.002,0.003,1000,200,1200,2\n'
        "o2,t1,chat,SPAN,search,2026-09-14T10:00:00.000Z,2026-09-14T10:00:01.000Z,DEFAULT,production,,{},{},,,,0,0,0,1\n"
        'o3,t2,chat,GENERATION,answer,2026-09-14T10:05:00.000Z,2026-09-14T10:05:02.000Z,ERROR,staging,gpt-5-mini,"{""input"": 50, ""output"": 5, ""total"": 55}","{""input"": 0.0001, ""output"": 0.0001, ""total"": 0.0002}",0.0001,0.0001,0.0002,50,5,55,2\n'
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("langfuse_generations", "0.0032", "USD", 3, 2)
    counted = tokens(result, "gpt-5-mini")
    assert (counted["input"], counted["output"]) == (1050, 205)


def test_langfuse_blob_exports_and_older_ones(tmp_path):
    """Snake names of the blob storage export, where only the usage object states tokens; names before version 3."""
    blob = (
        "id,trace_id,type,start_time,end_time,name,level,provided_model_name,usage_details,cost_details,total_cost,environment\n"
        'o1,t1,GENERATION,2026-09-14 10:00:00.000000,2026-09-14 10:00:02.000000,answer,DEFAULT,gpt-5-mini,"{""input"":600,""output"":200,""total"":800}","{""total"":0.003}",0.003,production\n'
    )
    result = audit(tmp_path, blob, "blob.csv")
    assert facts(result) == ("langfuse_generations", "0.003", "USD", 1, 1)
    assert tokens(result, "gpt-5-mini") == {"input": 600, "output": 200}
    older = "id,traceId,name,startTime,model,promptTokens,completionTokens,totalTokens,calculatedInputCost,calculatedOutputCost,calculatedTotalCost\no1,t1,answer,2024-09-14T10:00:00Z,gpt-4o,1000,200,1200,0.0025,0.002,0.0045\n"
    result = audit(tmp_path, older, "older.csv")
    assert facts(result) == ("langfuse_generations", "0.0045", "USD", 1, 1)
    assert tokens(result, "gpt-4o") == {"input": 1000, "output": 200}


def test_langfuse_traces_have_no_model_but_money_and_tokens(tmp_path):
    text = (
        "id,timestamp,name,userId,sessionId,release,version,environment,tags,latency,usage,inputCost,outputCost,totalCost,level,observationCount,inputTokens,outputTokens,totalTokens\n"
        't1,2026-09-14T10:00:00.000Z,chat,u,s,,,production,"[""a""]",2,"{""promptTokens"": 1000, ""completionTokens"": 200}",0.001,0.002,0.003,DEFAULT,2,1000,200,1200\n'
    )
    result = audit(tmp_path, text)
    assert facts(result) == ("langfuse_traces", "0.003", "USD", 1, 1)
    assert result["tokens"] == {"input": 1000, "output": 200}


# --- Cursor ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["", "User,"])
def test_cursor_events_keep_four_token_types_apart(tmp_path, who):
    value = "dev@example.com," if who else ""
    text = (
        f"Date,{who}Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost\n"
        f'"2026-03-20T06:56:12.521Z",{value}"On-Demand","claude-5-sonnet","No","66127","2","1031243","7153","1104525","1.03"\n'
        f'"2026-03-20T07:56:12.521Z",{value}"Included","claude-5-sonnet","No","0","10","0","5","15","Included"\n'
        f'"2026-03-20T08:56:12.521Z",{value}"Errored, No Charge","claude-5-sonnet","No","0","0","0","0","0","-"\n'
    )
    result = audit(tmp_path, text)
    assert (result["form"], result["total_text"], result["currency"]) == ("cursor_usage", "1.03", "USD")
    assert (result["rows_read"], result["rows_counted"], result["rows_unknown"]) == (3, 2, 1)
    assert tokens(result, "claude-5-sonnet") == {"cache_write": 66127, "input": 12, "cached": 1031243, "output": 7158}
    assert sum(tokens(result, "claude-5-sonnet").values()) == 1104525 + 15


def test_cursor_sums_by_model(tmp_path):
    text = "Model,Request Count,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost ($)\ncomposer-2,42,100,50,800,30,980,3.20\n"
    result = audit(tmp_path, text)
    assert facts(result) == ("cursor_usage", "3.2", "USD", 1, 1)
    assert {m["model"]: m["requests"] for m in result["models"] if m["token_type"] == "all"} == {"composer-2": 42}


def test_cursor_events_without_a_cost_column_are_usage(tmp_path):
    text = "Date,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens\n2026-03-20T06:56:12.521Z,composer-2,10,20,30,40,100\n"
    assert facts(audit(tmp_path, text)) == ("cursor_usage", None, "", 1, 1)


# --- The same as JSON --------------------------------------------------------------------------------------------------------


def bucket(*results: dict[str, Any]) -> str:
    """One page of a usage or cost endpoint with one day."""
    when = {"start_time": 1790553600, "end_time": 1790640000, "starting_at": "2026-09-28T00:00:00Z", "ending_at": "2026-09-29T00:00:00Z"}
    return json.dumps({"object": "page", "data": [{**when, "results": list(results)}], "has_more": False})


def test_openai_pages(tmp_path):
    costs = bucket(
        {"object": "organization.costs.result", "amount": {"value": 0.06, "currency": "usd"}, "line_item": "gpt-5-mini, input"},
        {"object": "organization.costs.result", "amount": {"value": 0.1, "currency": "usd"}, "line_item": "gpt-5-mini, output"},
    )
    assert facts(audit(tmp_path, costs, "costs.json")) == ("openai_cost", "0.16", "USD", 2, 2)
    use = bucket({"input_tokens": 1000, "output_tokens": 500, "input_cached_tokens": 800, "num_model_requests": 5, "model": "gpt-5-mini"})
    result = audit(tmp_path, use, "use.json")
    assert facts(result) == ("openai_usage", None, "", 1, 1)
    assert tokens(result, "gpt-5-mini") == {"input": 1000, "cached": 800, "output": 500}


def test_anthropic_pages_add_both_cache_writes_and_never_take_cents_for_dollars(tmp_path):
    use = bucket(
        {
            "uncached_input_tokens": 1500,
            "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
            "cache_read_input_tokens": 200,
            "output_tokens": 500,
            "model": "claude-opus-5",
            "service_tier": "standard",
        }
    )
    result = audit(tmp_path, use, "use.json")
    assert facts(result) == ("anthropic_usage", None, "", 1, 1)
    assert tokens(result, "claude-opus-5") == {"input": 1500, "cache_write": 1500, "cached": 200, "output": 500}
    cost = {"currency": "USD", "amount": "12378.912", "description": "Claude Sonnet 5 Usage - Input Tokens", "cost_type": "tokens"}
    result = audit(tmp_path, bucket({**cost, "model": "claude-sonnet-5", "token_type": "uncached_input_tokens"}), "cost.json")
    assert facts(result) == ("anthropic_cost", "123.78912", "USD", 1, 1)


def test_litellm_and_langfuse_as_json(tmp_path):
    call = {"request_id": "r1", "spend": 0.0123, "prompt_tokens": 1000, "completion_tokens": 200, "startTime": "2026-09-14T10:00:00Z"}
    more = {"model": "gpt-5-mini", "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 400}}}, "status": "success"}
    result = audit(tmp_path, json.dumps([call | more, call | more | {"request_id": "r2", "spend": 1.5}]), "logs.json")
    assert facts(result) == ("litellm_spend", "1.5123", "USD", 2, 2)
    assert tokens(result, "gpt-5-mini") == {"input": 2000, "cached": 800, "output": 400}
    line = {"id": "o1", "traceId": "t1", "startTime": "2026-09-14T10:00:00.000Z", "model": "gpt-5-mini", "totalCost": 0.003}
    use = {"inputUsage": 1000, "outputUsage": 200, "usageDetails": {"input": 600, "input_cached_tokens": 400, "output": 200}}
    text = json.dumps(line | use) + "\n" + json.dumps(line | use | {"id": "o2"}) + "\n"
    result = audit(tmp_path, text, "observations.jsonl")
    assert facts(result) == ("langfuse_generations", "0.006", "USD", 2, 2)
    assert tokens(result, "gpt-5-mini") == {"input": 2000, "cached": 800, "output": 400}
