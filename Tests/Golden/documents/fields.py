#!/usr/bin/env python3
"""Writes fields.json: what every documented field of the requests does, and trials that show it. Beside the rules of the interfaces this
table is what DocumentFieldsTests goes by: a documented field without a row fails it.

A trial sends the documented example with one field set (`send`), left out (`omit`) or some beside it (`also`), and says what must come of it:
    refused   the status; the refusal names the field
    reply     places in the reply and what is there
    then      the same of the `then` of the endpoint, asked afterwards
    notice    the reply says by name that the field has no effect
A place is `jobs[].status` (of every element) or `jobs.#` (how many). What is there: a value, or {"is": "something"}, {"least": n},
{"seconds": n} (a time, so many from now), {"has": part}. `$tenant` is a tenant that was made for the trials."""
import json
from pathlib import Path

SOMETHING = {"is": "something"}


def set_(value, at, shown=None):
    return {"send": value, "reply": {at: value if shown is None else shown}}


def later(value, at, shown=None):
    return {"send": value, "then": {at: value if shown is None else shown}}


def no(*values, status=400):
    return [{"send": value, "refused": status} for value in values]


def field(does, *trials):
    flat = []
    for trial in trials:
        flat += trial if isinstance(trial, list) else [trial]
    return {"does": does, "trials": flat}


WEBHOOK = {
    "url": field(
        "where deliveries go; looked up then", later("https://example.org/a", "url"),
        no("https://10.0.0.1/", "http://example.org/", "x", 5)),
    "events": field(
        "what is delivered", later(["job.failed"], "events"), no([], ["job.failled"], ["job.failed", "job.failed"], "job.failed")),
    "secret": field(
        "signs; kept and never told, or made and told once", set_("another_webhook_secret", "secret", {"is": "null"}),
        {"omit": True, "reply": {"secret": {"has": "whsec_"}}}, no("short", 5)),
}

FIELDS = {
    "enterprise POST /auth/generate-key": {
        "fields": {
            "tenant_id": field("whose key it is", set_("$tenant", "tenant_id"), no("tenant_none", status=404), no(5)),
            "scope": field(
                "what the key may", set_(["jobs"], "permissions"), {"omit": True, "reply": {"permissions.#": {"least": 17}}}, no([], ["x"], "jobs")),
            "expires_in": field("when it ends", set_(60, "expires_at", {"seconds": 60}), set_(7200, "expires_at", {"seconds": 7200}), no(59, 31536001, "1")),
        }
    },
    "enterprise POST /tenants": {
        "base": {"domain": None},
        "then": "/tenants/{tenant_id}",
        "fields": {
            "name": field("what it is called", later("Gamma", "tenant_config.name"), no("", 5)),
            "domain": field(
                "a host name that one tenant has", later("gamma.example", "tenant_config.domain"), no("gamma.example", status=409), no("no host", 5)),
            "performance_tier": field(
                "the plans of all families",
                {"send": "premium", "also": {"ai_capabilities": None}, "then": {"tenant_config.performance_tier": "premium", "tenant_config.plans.v2": "pro"}},
                {"send": "quantum", "then": {"tenant_config.quantum_allocation": 1500, "tenant_config.plans.v1": "quantum"}}, no("gold", 5)),
            "isolation_level": field(
                "how far it is apart; what is not in effect is named", later("standard", "tenant_config.isolation_level"),
                {"send": "dedicated", "reply": {"blocked_by[].field": {"has": "isolation_level"}}}, no("total", 5)),
            "ai_capabilities": field(
                "what of the tier it may use", later(["fraud_detection"], "tenant_config.ai_capabilities"), no(["x"], "fraud_detection")),
            "billing_tier": field("its row of the price table", later("basic", "tenant_config.billing_tier"), no("gold", 5)),
            "security_config": field(
                "how it is kept", {"omit": True, "also": {"isolation_level": "standard"}, "then": {"tenant_config.encryption_level": "standard"}}, no(5)),
            "security_config.encryption_level": field(
                "a data key of its own", {"send": "standard", "also": {"isolation_level": "standard"}, "then": {"tenant_config.encryption_level": "standard"}},
                later("enhanced", "tenant_config.encryption_level"), no("double", 5)),
            "security_config.compliance": field("goals, and no claim", later(["nist"], "tenant_config.compliance_goals"), no(["x"], "gdpr")),
        },
    },
    "enterprise PUT /tenants/{tenant_id}": {
        "then": "/tenants/{tenant_id}",
        "fields": {
            "performance_tier": field(
                "other plans", {"send": "premium", "also": {"quantum_allocation": None, "additional_capabilities": None},
                 "reply": {"changes_applied.performance_tier": "premium"}, "then": {"tenant_config.plans.v4": "professional"}},
                no("gold", 5)),
            "additional_capabilities": field(
                "more of what it may use", {"send": ["quantum_optimization"], "also": {"performance_tier": "quantum"}, "then": {"tenant_config.ai_capabilities": {"has": "quantum_optimization"}}},
                no(["x"], "quantum_optimization")),
            "quantum_allocation": field("how much it may lease", later(1234, "tenant_config.quantum_allocation"), no(-1, "1")),
        },
    },
    "enterprise POST /tenants/{tenant_id}/scale": {
        "base": {"target_capacity": {"quantum_qubits": 400}, "scaling_factor": None},
        "then": "/tenants/{tenant_id}",
        "fields": {
            "scaling_type": field(
                "what may change; the other stays",
                {"send": "quantum", "reply": {"status": "success", "planned_capacity.quantum_qubits": 400}},
                {"send": "compute", "also": {"target_capacity": {"quantum_qubits": 5}}, "reply": {"planned_capacity.quantum_qubits": 400}, "then": {"tenant_config.quantum_allocation": 400}},
                no("everything", 5), [{"omit": True, "refused": 400}]),
            "target_capacity": field(
                "how much there is to be", {"send": {"quantum_qubits": 300}, "then": {"tenant_config.quantum_allocation": 300}},
                {"send": {"quantum_qubits": 400}, "reply": {"scaling_result.new_capacity.quantum_qubits": 400}}, no(5)),
            "target_capacity.quantum_qubits": field(
                "how much it may lease", {"send": 250, "reply": {"scaling_result.success": True}, "then": {"tenant_config.quantum_allocation": 250}},
                {"send": 400, "then": {"tenant_config.quantum_allocation": 400}}, no(-1, "1")),
            "target_capacity.compute_instances": field(
                "workers of its own; what is not there is waited for",
                {"send": 8, "also": {"scaling_type": "all"}, "reply": {"status": "pending", "planned_capacity.compute_instances": 8, "blocked_by[].asked": "8"}},
                {"send": 0, "also": {"scaling_type": "all"}, "reply": {"status": "success", "planned_capacity.compute_instances": 0}}, no(-1, 257, "8")),
            "scaling_factor": field(
                "how many times of what there is, where no target is given",
                {"send": 1.5, "also": {"target_capacity": None, "execute": False}, "reply": {"planned_capacity.quantum_qubits": 600}},
                {"send": 0.5, "also": {"target_capacity": None, "execute": False}, "reply": {"planned_capacity.quantum_qubits": 200}}, no(0.05, 11, "2")),
            "execute": field(
                "false: a plan, which changes nothing",
                {"send": False, "also": {"target_capacity": {"quantum_qubits": 350}}, "reply": {"status": "planned"}, "then": {"tenant_config.quantum_allocation": 400}},
                {"send": True, "also": {"target_capacity": {"quantum_qubits": 350}}, "reply": {"status": "success"}, "then": {"tenant_config.quantum_allocation": 350}},
                no(5, "yes")),
        },
    },
    "enterprise POST /quantum/allocate": {
        # Trials lease beside each other: the tenant's qubits last for all of them.
        "base": {"qubits": 10},
        "then": "/quantum/allocations/{allocation_id}",
        "fields": {
            "qubits": field(
                "how many spins a problem may have", later(20, "qubits_allocated"), no(0, 1000001, "1"), no(8000, status=429), [{"omit": True, "refused": 400}]),
            "duration": field(
                "when it ends", set_(60, "expires_at", {"seconds": 60}), set_(7200, "expires_at", {"seconds": 7200}),
                {"omit": True, "reply": {"expires_at": {"seconds": 3600}}}, no(0, 86401, "1")),
            "priority": field(
                "its weight where runs wait for each other", set_("low", "weight", 1), set_("normal", "weight", 2), set_("high", "weight", 4), no("highest", 5)),
            "workload_type": field("the solver where it names none", later("sampling", "workload_type"), later("ml", "workload_type"), no("x", 5)),
            "allocation_strategy": field(
                "the solver of jobs that name none", later("simulated_annealing", "allocation_strategy"),
                {"omit": True, "reply": {"allocation_strategy": "auto"}}, no("x", 5), no("gate_model", status=501),
                [{"send": "gate_model", "also": {"qubits": 25}, "refused": 400, "field": "qubits"}]),
        },
    },
    "enterprise POST /quantum/optimize": {
        # A trial that changes nothing: others lease beside it.
        "base": {"optimization_type": "cost", "dry_run": True},
        "fields": {
            "optimization_type": field(
                "sizes, solvers or both", set_("cost", "optimization_type"), set_("cost", "improvements.performance_boost", {"is": "null"}),
                {"omit": True, "also": {"constraints": {"max_reallocation_time": 1}}, "reply": {"optimization_type": "efficiency"}}, no("speed", 5)),
            "target_improvement": field(
                "what is enough", {"send": 10, "reply": {"target_met": False}}, no(-0.1, 10.5, "1")),
            "constraints": field("within what", {"send": {}, "reply": {"status": "planned"}}, no(5)),
            "constraints.max_reallocation_time": field("how long", {"send": 1, "reply": {"status": "planned"}}, no(0, 3601, "1")),
            "constraints.maintain_sla": field("whether what is in use may shrink", {"send": False, "reply": {"status": "planned"}}, no(5)),
        },
    },
    "enterprise GET /quantum/usage": {
        "fields": {
            "period": field("up to now", set_("1h", "period"), set_("30d", "period"), no("2d")),
            "metrics": field(
                "drops the others", {"send": "utilization", "reply": {"efficiency_score": {"is": "null"}, "quantum_operations": {"least": 0}}}, no("x")),
        }
    },
    "enterprise GET /analytics/realtime": {
        "fields": {
            "tenant_id": field(
                "whose measurements", {"send": "$tenant", "reply": {"tenant_metrics.#": 1, "tenant_metrics.$tenant": SOMETHING}},
                no("tenant_none", status=404)),
            "metrics": field("drops the others", set_("active_tenants", "global_metrics.#", 1), set_("response_time", "global_metrics.#", 0), no("x")),
        }
    },
    "enterprise GET /security/audit-log": {
        "fields": {
            "tenant_id": field("whose entries", set_("$tenant", "audit_logs[].tenant_id"), no("tenant_none", status=404)),
            "action": field(
                "only these", {"send": "tenant.created", "reply": {"audit_logs[].action": "tenant.created", "total_count": {"least": 1}}}, no("x")),
            "start_date": field(
                "entries then or later", set_("2020-01-01", "total_count", {"least": 1}), set_("2999-01-01T00:00:00Z", "total_count", 0), no("yesterday")),
            "end_date": field("entries before", set_("2999-01-01", "total_count", {"least": 1}), set_("2020-01-01", "total_count", 0), no("tomorrow")),
            "security_level": field(
                "exactly this one", {"send": "info", "reply": {"audit_logs[].security_level": "info", "total_count": {"least": 1}}},
                set_("critical", "total_count", 0), no("high")),
        }
    },
    "enterprise POST /webhooks/configure": {
        "then": "/webhooks/{webhook_id}",
        "fields": WEBHOOK
        | {
            "retry_policy": field("how often is tried again", {"omit": True, "then": {"retry_policy.max_retries": 5}}, no(5)),
            "retry_policy.max_retries": field("then it is dead", later(0, "retry_policy.max_retries"), later(2, "retry_policy.schedule.#", 2), no(-1, 21, "3")),
            "retry_policy.retry_delay": field("the first wait", later(10, "retry_policy.schedule", [10.0, 20.0, 40.0]), no(0, 86401, "3")),
        },
    },
    "aisemble POST /auth/login": {
        "fields": {
            "username": field("who", {"send": "your_username", "reply": {"access_token": SOMETHING}}, no("nobody", status=401), no("", 5)),
            "password": field("proves it", {"send": "your_password", "reply": {"refresh_token": SOMETHING}}, no("another one", status=401), no("", 5)),
        }
    },
    "aisemble POST /ai/vision/analyze": {
        "base": {"model": None},
        "fields": {
            "image": field(
                "what is looked at", {"send": "<binary_image_data>", "reply": {"image_info.width": 1, "image_info.format": "PNG"}},
                {"omit": True, "refused": 400}, no("no picture", "")),
            "analysis_type": field(
                "only these run", {"send": "[\"scene_analysis\"]", "reply": {"analysis_results.scene.setting": "unknown", "unavailable.#": 0}},
                {"send": "object_detection", "reply": {"unavailable[].analysis_type": "object_detection", "analysis_results.scene": {"is": "null"}}},
                no("[\"mood\"]", "mood", "[]", "5")),
            "model": field("which detector runs", {"omit": True, "reply": {"model": {"is": "null"}}}, no("gpt-3.5-turbo", status=422), no("")),
        },
    },
    "aisemble POST /ai/vision/classify": {
        "base": {"model": None},
        "fields": {
            "image": field("what is classified, by a model that is here", no("<binary_image_data>", status=422), {"omit": True, "refused": 400}, no("")),
            "model": field("what runs", {"omit": True, "refused": 422}, no("resnet-50", status=422), no("")),
            "top_k": field("how many classes are told", no("3", status=422), no("0", "x", "1.5")),
        },
    },
    "aisemble POST /ai/llm/generate": {
        "base": {"model": None},
        "fields": {
            "prompt": field("is continued", set_("ab", "metadata.prompt_tokens", 2), set_("é", "metadata.prompt_tokens", 2), no("", 5)),
            "model": field("what runs", set_("ngram-byte-5", "model"), {"omit": True, "reply": {"model": "ngram-byte-5"}}, no("gpt-3.5-turbo", status=422), no("", 5)),
            "max_tokens": field("bytes at most", set_(3, "metadata.completion_tokens", 3), {"omit": True, "reply": {"metadata.completion_tokens": 256}}, no(0, 5000, "3")),
            "temperature": field(
                "0: the likeliest byte", {"send": 0, "also": {"prompt": "the coordinato", "max_tokens": 1}, "reply": {"generated_text": "r"}}, no(-1, 2.1, "x")),
            "parameters": field("how it is drawn", {"send": {"seed": 5}, "reply": {"metadata.seed": 5}}, no("x", 5)),
            "parameters.top_p": field(
                "the fewest with this share", {"send": 0.001, "also": {"prompt": "the coordinato", "max_tokens": 1, "temperature": 2}, "reply": {"generated_text": "r"}},
                no(0, 1.1, "x")),
            "parameters.frequency_penalty": field("for each time a byte was sampled", set_(2, "metadata.completion_tokens", 500), no(-2.1, 2.1, "x")),
            "parameters.presence_penalty": field("once a byte was sampled", set_(2, "metadata.completion_tokens", 500), no(-2.1, 2.1, "x")),
        },
    },
    "aisemble POST /ai/llm/chat": {
        "base": {"model": None},
        "fields": {
            "messages": field(
                "what was said", {"send": [{"role": "user", "content": "a"}], "reply": {"usage.prompt_tokens": 18}},
                no([], "x", [{"role": "robot", "content": "a"}], [{"role": "user"}])),
            "model": field("what runs", set_("ngram-byte-5", "model"), {"omit": True, "reply": {"model": "ngram-byte-5"}}, no("gpt-3.5-turbo", status=422), no("", 5)),
            "temperature": field("0: the likeliest byte", set_(0, "chat_template", "plain"), no(-1, 2.1, "x")),
            "max_tokens": field("bytes at most", set_(3, "usage.completion_tokens", 3), no(0, 5000, "3")),
        },
    },
    "aisemble POST /ai/nlp/analyze": {
        "fields": {
            "text": field("what is read", set_("É", "text_length", 1), set_("Ceci est un texte pour vous et pour nous.", "detected_language", "fr"), no("", 5)),
            "analysis_types": field(
                "only these are there", {"send": ["language"], "reply": {"sentiment": {"is": "null"}, "detected_language": "en"}},
                {"send": ["sentiment"], "reply": {"sentiment.label": "positive", "detected_language": {"is": "null"}}},
                {"omit": True, "reply": {"keywords.#": {"least": 2}, "entities.#": 1}}, no([], ["mood"], "sentiment", 5)),
            "language": field(
                "what it is read by", {"send": "de", "reply": {"sentiment": {"is": "null"}, "detected_language": "en"}},
                {"omit": True, "reply": {"sentiment.label": "positive"}}, no("english", "qq", 5)),
        }
    },
    "aisemble POST /ai/nlp/summarize": {
        "base": {"model": None},
        "fields": {
            "text": field("what is summarised", set_("One two three.", "original_length", 3), set_("One two three.", "summary", "One two three."), no("", 5)),
            "max_length": field(
                "words at most", {"send": 3, "also": {"text": "Cats sleep on the warm stones all day. Dogs bark.", "min_length": 0}, "reply": {"summary": "Dogs bark."}},
                no(0, 10001, "3")),
            "min_length": field(
                "a shorter text stays as it is", {"send": 5, "also": {"text": "One two. Three."}, "reply": {"notices[].code": "TEXT_IS_SHORT"}},
                {"send": 101, "refused": 400}, no(-1, "3")),
            "model": field("what runs", set_("textrank-1", "model"), {"omit": True, "reply": {"model": "textrank-1"}}, no("gpt-3.5-turbo", status=422), no("", 5)),
        },
    },
    "aisemble POST /jobs": {
        "then": "/jobs/{job_id}",
        "fields": {
            "name": field("what it is called", later("Another", "name"), no("", 5)),
            "type": field(
                "what runs", {"send": "report", "also": {"service": None, "parameters": {"kind": "usage"}}, "then": {"type": "report"}}, no("x", 5),
                [{"omit": True, "refused": 400}]),
            "service": field(
                "what it runs on", {"send": "nlp", "also": {"parameters": {"input_source": "s3://bucket/texts", "analysis_type": "sentiment"}}, "reply": {"status": "queued"}}, set_("fl", "status", "queued"),
                [{"send": "nlp", "refused": 400, "field": "parameters.analysis_type"}], no("quantum", 5), [{"omit": True, "refused": 400}]),
            "parameters": field("what the type needs", no(5), [{"omit": True, "refused": 400, "field": "parameters.input_source"}]),
            "parameters.input_source": field("what is read", set_("https://example.org/", "status", "queued"), no("ftp://x", "", 5), [{"omit": True, "refused": 400}]),
            "parameters.analysis_type": field("what runs on each", set_("text_extraction", "status", "queued"), no(5, "")),
            "parameters.model": field("with what", set_("resnet-50", "status", "queued"), no(5, "")),
            "parameters.output_format": field("the form of the result", set_("csv", "status", "queued"), set_("ndjson", "status", "queued"), no("xml", 5)),
            "priority": field("its place in the queue", set_("high", "priority"), set_("low", "priority"), no("urgent", 5)),
            "scheduled_at": field("not before", set_("2026-12-24T12:00:00Z", "scheduled_at", {"has": "2026-12-24T12:00:00"}), no("noon", 5)),
        },
    },
    "aisemble GET /jobs": {
        "fields": {
            "status": field(
                "only these", {"send": "cancelled", "reply": {"jobs[].status": "cancelled", "jobs.#": {"least": 1}}}, set_("failed", "jobs.#", 0), no("done")),
            "limit": field("how many", {"send": "1", "also": {"status": None}, "reply": {"jobs.#": 1, "pagination.limit": 1, "pagination.has_more": True}}, no("0", "101", "x")),
            "offset": field("how many are passed over", {"send": "1000000", "also": {"status": None}, "reply": {"jobs.#": 0, "pagination.offset": 1000000}}, no("-1", "1000001")),
        }
    },
    "aisemble POST /ops/services/{service_name}/start": {
        "fields": {"force": field("begins anew", no(5, "yes")), "wait_for_health": field("answers when it has answered", no(5, "yes"))},
    },
    "aisemble GET /ops/logs": {
        "fields": {
            "service": field("only its entries", set_("llm", "logs.#", 0), {"send": "tutti-coordinator", "also": {"level": "debug"}, "reply": {"logs[].service": "tutti-coordinator", "logs.#": {"least": 1}}}),
            "level": field(
                "this and above", {"send": "error", "also": {"service": None}, "reply": {"logs[].level": "ERROR"}},
                {"send": "debug", "also": {"service": None}, "reply": {"logs.#": {"least": 1}}}, no("loud")),
            "limit": field("how many", set_("7", "pagination.limit", 7), no("0", "1001", "x")),
        }
    },
    "aisemble POST /webhooks": {"then": None, "fields": {
        name: {"does": row["does"], "trials": [
            {("reply" if key == "then" else key): ({place.removeprefix(""): value for place, value in part.items()} if key == "then" else part)
             for key, part in trial.items()} for trial in row["trials"]]}
        for name, row in WEBHOOK.items()}},
    "aisemble POST /models/{model_id}/load": {
        "fields": {"force_reload": field("loads it anew", no(5, "yes")), "gpu_device": field("a device; there is none", no(-1, "x", 1.5))},
    },
    "phi POST /inference/run": {
        "fields": {
            "deployment_id": field("which model answers", no(5), [{"omit": True, "refused": 400}, {"send": "deploy_none", "refused": 404, "field": ""}]),
            "input": field("what is asked", no(5, []), [{"omit": True, "refused": 400}]),
            "input.data": field("rows, inputs by name, or a file's name", {"omit": True, "refused": 400}),
            "batch_size": field("rows of the largest run that it shares", no(0, 65537, "1")),
            "priority": field("whose turn is first", no("highest", 5)),
            "execution_policy": field("how long it waits for others", no("fast", 5)),
        },
    },
    "phi POST /auth/token": {
        "client": True,
        "fields": {
            "client_id": field("who", {"reply": {"access_token": SOMETHING}}, [{"send": "oc_none", "refused": 401, "field": ""}, {"omit": True, "refused": 401, "field": ""}]),
            "client_secret": field("proves it", {"reply": {"token_type": "Bearer"}}, [{"send": "wrong", "refused": 401, "field": ""}, {"send": 5, "refused": 400, "field": ""}]),
            "grant_type": field("the one there is", {"reply": {"expires_in": 3600}}, [{"send": "password", "refused": 400, "field": ""}, {"send": 5, "refused": 400, "field": ""}]),
        },
    },
    "phi POST /models/register": {
        "then": "/models/{model_id}",
        "fields": {
            "model_name": field("its name; with the version it names one file", later("another", "model_name"), no("", 5), [{"omit": True, "refused": 400}]),
            "framework": field(
                "what it was made with; the file's bytes say what it is", {"send": "onnx", "also": {"version": "fw"}, "then": {"framework": "onnx"}},
                no("x", 5)),
            "version": field("with the name it names one file", later("9", "version"), no("", 5), [{"omit": True, "refused": 400}]),
            "storage_url": field(
                "whence its file comes",
                {"send": "s3://b/k", "also": {"version": "url"}, "then": {"storage_url": "s3://b/k"}, "reply": {"status": "pending"}}, no("ftp://x/y", "", 5)),
        },
    },
    "phi POST /models/deploy": {
        "fields": {
            "model_id": field("which one is to answer", set_("$model", "model_id"), no("model_none", status=404), no(5)),
            "execution_mode": field("where its replicas are", set_("local", "execution_mode"), set_("distributed", "execution_mode"), no("x", 5)),
            "resource_allocation": field("what it needs", {"omit": True, "reply": {"blocked_by.#": 1}}, no(5)),
            "resource_allocation.cpu": field("cores", {"send": 100000, "reply": {"blocked_by[].what": {"has": "cpu"}}}, no(0, "1")),
            "resource_allocation.gpu": field("what is not there is waited for", {"send": 3, "reply": {"blocked_by[].what": {"has": "gpu"}}}, no(-1, "1")),
            "resource_allocation.tpu": field("what is not there is waited for", {"send": 3, "reply": {"blocked_by[].what": {"has": "tpu"}}}, no(-1, "1")),
            "resource_allocation.memory": field("what is not there is waited for", {"send": "900TB", "reply": {"blocked_by[].asked": {"has": "900TB"}}}, no("lots", 5)),
            "resource_allocation.nodes": field("replicas, one a node", {"send": 7, "reply": {"message": {"has": "0 of 7 nodes"}}}, no(0, "1")),
            "scaling_policy": field("whether it is scaled by itself", set_("manual", "scaling_policy"), set_("auto", "scaling_policy"), no("x", 5)),
        },
    },
    "phi GET /logs": {
        "fields": {
            "deployment_id": field("whose events", {"send": "deploy_12345", "reply": {"logs[].event": {"has": "created"}}}, no("deploy_none", status=404)),
        },
    },
    "phi POST /models/auto-scale": {
        "fields": {
            "deployment_id": field("what is scaled", {"send": "deploy_12345", "reply": {"current_replicas": 0}}, no("deploy_none", status=404), no(5)),
            "gpu_min": field("fewer are waited for", {"send": 0, "reply": {"status": "success"}}, {"send": 4, "reply": {"status": "pending"}}, no(-1, "1")),
            "gpu_max": field("the most that all replicas have", set_(9, "gpu_max"), no(3, -1, "1")),
            "tpu_enabled": field("whether machines with one may be used", set_(False, "tpu_enabled"), set_(True, "tpu_enabled"), no("x", 5)),
            "threshold": field("when there are to be more", set_("60% utilization", "threshold_percent", 60), no("101%", "x", 5)),
        },
    },
}

if __name__ == "__main__":
    text = json.dumps(FIELDS, indent=1, ensure_ascii=False)
    (Path(__file__).parent / "fields.json").write_text(text + "\n", encoding="utf-8")
