import Foundation
import NIOHTTP1
import StrictJSON
import Testing

/// Many known steps in a random order, and then everything that the interfaces show of them: each number is the tally's.
@Suite struct WalkTests {
    @Test(arguments: [1, 20_251_122] as [UInt64])
    func everyNumberIsTheTallys(_ seed: UInt64) async throws {
        try await LiveCoordinator.with { live in
            var (walker, random) = (Walker(live), SeededNumbers(state: seed))
            try await walker.settle(["Ada", "Brook", "Carol"])
            for _ in 0..<240 {
                let step = Walker.Step.allCases.randomElement(using: &random) ?? .list
                try await walker.take(step, at: Int.random(in: 0..<walker.places.count, using: &random), using: &random)
            }
            try await walker.guess("nobody-\(seed)")
            for at in walker.places.indices {
                try await lists(&walker, at)
                try await audit(&walker, at)
            }
            try await metrics(walker, seed)
            for at in walker.places.indices { try await measures(walker, at) }
            for at in walker.places.indices { try await performance(&walker, at) }
            try await everybody(walker)
        }
    }

    private func count(_ json: JSON, _ name: String) -> Int { json[name]?.elements?.count ?? -1 }

    /// Lists and their totals.
    private func lists(_ walker: inout Walker, _ at: Int) async throws {
        let (place, live) = (walker.places[at], walker.live)
        // Reports run by themselves.
        _ = try await until("the reports of \(place.id) are done") {
            let done = try await live.call(.GET, "/api/v2/ops/status", bearer: live.key).json
            return done["active_jobs"] == 0 && done["queued_jobs"]?.whole == Int64(walker.places.reduce(0) { $0 + $1.waiting.count }) ? true : nil
        }
        for (state, wanted) in [
            ("queued", place.waiting.count), ("cancelled", place.cancelled.count), ("completed", place.reports), ("running", 0), ("failed", 0),
        ] {
            var seen = 0
            repeat {
                let path = "/api/v2/jobs?status=\(state)&limit=7&offset=\(seen)"
                let page = try await walker.call(.GET, path, in: place.id, "jobs", gives: 200)
                let (shown, told) = (count(page, "jobs"), page["pagination"])
                #expect(told?["total"] == JSON(wanted) && shown == min(7, wanted - seen), "\(state): \(page.encodedText)")
                #expect(told?["has_more"] == .bool(seen + shown < wanted))
                guard shown > 0 else { break }
                seen += shown
            } while seen < wanted
        }
        let all = place.waiting.count + place.cancelled.count + place.reports
        let total = try await walker.call(.GET, "/api/v2/jobs?limit=1", in: place.id, "jobs", gives: 200)["pagination"]?["total"]
        #expect(total == JSON(all))
        let status = try await walker.call(.GET, "/api/v2/ops/status", in: place.id, key: place.key, "ops", gives: 200)
        #expect(status["active_jobs"] == 0 && status["queued_jobs"] == JSON(place.waiting.count) && status["failed_jobs_24h"] == 0, "\(status.encodedText)")
        for path in ["/api/v1/webhooks", "/api/v2/webhooks"] {
            let webhooks = try await walker.call(.GET, path, in: place.id, "webhooks", gives: 200)
            #expect(Set((webhooks["webhooks"]?.elements ?? []).compactMap { $0["webhook_id"]?.text }) == Set(place.webhooks), "\(webhooks.encodedText)")
        }
        let sessions = try await walker.call(.GET, LiveCoordinator.sessions, in: place.id, "sessions", gives: 200)
        #expect(count(sessions, "sessions") == place.sessions.count + place.stopped)
        let open = (sessions["sessions"]?.elements ?? []).filter { place.sessions.contains($0["session_id"]?.text ?? "") }
        #expect(open.count == place.sessions.count)
        let keys = try await walker.call(.GET, "/api/v4/identity/keys", in: place.id, "identity", gives: 200)["keys"]?.elements ?? []
        let created = walker.tally.audit[place.id]?["key.created"] ?? 0
        #expect(keys.count == created && keys.count { $0["revoked_at"] != .null } == created - place.keys.count - 1)
    }

    /// Every entry of the audit, by action and in all, and the size of the tree whose head is signed.
    private func audit(_ walker: inout Walker, _ at: Int) async throws {
        let place = walker.places[at]
        let log = "/api/v1/security/audit-log"
        for (action, wanted) in (walker.tally.audit[place.id] ?? [:]).sorted(by: { $0.key < $1.key }) {
            let page = try await walker.call(.GET, "\(log)?action=\(action)&per_page=1", in: place.id, "security", gives: 200)
            #expect(page["total_count"] == JSON(wanted), "\(action) of \(place.id)")
        }
        var (entries, page): ([JSON], Int) = ([], 1)
        while true {
            let told = try await walker.call(.GET, "\(log)?per_page=50&page=\(page)", in: place.id, "security", gives: 200)
            entries += told["audit_logs"]?.elements ?? []
            page += 1
            guard entries.count < Int(told["total_count"]?.whole ?? 0), page < 100 else { break }
        }
        let head = try await walker.call(.GET, "/api/v4/audit/head", in: place.id, "audit", gives: 200)
        #expect(head["tree_size"] == JSON(entries.count))
        let numbers = entries.compactMap { $0["log_id"]?.whole }
        #expect(numbers == (0..<Int64(entries.count)).reversed(), "an entry is missing, or there twice")
        let known = walker.tally.audit[place.id] ?? [:]
        // Sessions and logins may leave entries of their own; nothing else may.
        let others = entries.filter { known[$0["action"]?.text ?? ""] == nil }.compactMap { $0["action"]?.text }
        #expect(others.allSatisfy { $0.hasPrefix("session.") || $0.hasPrefix("fl.") }, "entries that nobody made: \(Set(others).sorted())")
        #expect(entries.count - others.count == known.values.reduce(0, +))
    }

    /// What scrapers see. A call is counted when its answer is sent, which may be a moment after it has come.
    private func metrics(_ walker: Walker, _ seed: UInt64) async throws {
        let (tally, places) = (walker.tally, walker.places)
        func differences(_ text: String) -> [String] {
            var found: [String] = []
            let lines = Set(text.split(separator: "\n").map(String.init))
            func check(_ series: String, _ wanted: Int) {
                let has = lines.contains { $0 == "\(series) \(wanted)" }
                if !has { found.append("\(series) \(wanted), not \(lines.first { $0.hasPrefix(series + " ") } ?? "none")") }
            }
            for place in places {
                for (status, calls) in tally.statuses[place.id] ?? [:] {
                    check(#"tutti_tenant_request_seconds_count{tenant="\#(place.id)",status="\#(status)"}"#, calls)
                }
                let series = lines.count { $0.hasPrefix("tutti_tenant_request_seconds_count{tenant=\"\(place.id)\"") }
                if series != tally.statuses[place.id]?.count { found.append("\(place.id) has \(series) statuses") }
            }
            // Waiting has asked for `ops` more often than is known; what is no route is of no service.
            for (service, outcomes) in tally.services where !["ops", "unmatched"].contains(service) {
                for (outcome, calls) in outcomes { check(#"aisemble_requests_total{service="\#(service)",status="\#(outcome)"}"#, calls) }
                let buckets = #"aisemble_request_duration_seconds_bucket{service="\#(service)",le="+Inf"}"#
                check(buckets, outcomes.values.reduce(0, +))
            }
            return found
        }
        var last: [String] = []
        let isSame = try await reread {
            last = differences(try await walker.live.metrics())
            return last.isEmpty
        }
        #expect(isSame, "seed \(seed): \(last.joined(separator: "\n"))")
    }

    /// What was measured of a tenant, once it has been looked at: the mean and the rate of the very calls that scrapers see.
    private func measures(_ walker: Walker, _ at: Int) async throws {
        let (tenant, live, tally) = (walker.places[at].id, walker.live, walker.tally)
        let good = tally.calls(tenant) { $0 < 400 }
        let rate = 100 * Double(good) / Double(tally.calls(tenant))
        func isNear(_ a: JSON?, _ b: Double) -> Bool { a?.double.map { abs($0 - b) <= 1e-6 * max(1, abs(b)) } ?? false }
        var last = JSON.null
        // Asked without a tenant's name, so that the asking is not among what is told.
        let isSame = try await reread {
            let text = try await live.metrics()
            let seconds = text.split(separator: "\n").filter { $0.hasPrefix("tutti_tenant_request_seconds_sum{tenant=\"\(tenant)\"") }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
            last = try await live.admin(.GET, "/api/v1/tenants/\(tenant)/status").json
            let told = last["performance_metrics"]
            return isNear(told?["success_rate"], rate) && isNear(told?["response_time"], 1000 * seconds / Double(tally.calls(tenant)))
        }
        #expect(isSame, "\(rate) %: \(last.encodedText)")
    }

    /// v4's totals of the same calls, of which a tick knows every one by now; this one is the tenant's own, and not among them.
    private func performance(_ walker: inout Walker, _ at: Int) async throws {
        let (place, tally) = (walker.places[at], walker.tally)
        func calls(_ hundred: Int) -> JSON { JSON(tally.calls(place.id) { $0 / 100 == hundred }) }
        let path = "/api/v4/monitoring/performance?time_range=1h"
        let told = try await walker.call(.GET, path, in: place.id, key: place.key, "monitoring", gives: 200)["metrics"]?["application_performance"]
        #expect(told?["requests"]?["total"] == JSON(tally.calls(place.id)), "\(place.id): \(told?.encodedText ?? "none")")
        for hundred in 1...5 { #expect(told?["requests"]?["by_status"]?["\(hundred)xx"] == calls(hundred), "\(hundred)xx of \(place.id)") }
        // Nothing of a walk fails on the coordinator's side.
        #expect(calls(5) == 0 && told?["error_rate"]?.double == 0)
    }

    /// What is told of everybody: who has called, whose the numbers are, and that nothing is wrong.
    private func everybody(_ walker: Walker) async throws {
        let live = walker.live
        let realtime = try await live.admin(.GET, "/api/v1/analytics/realtime").json
        // The coordinator's own tenant made the others.
        let tenants = Set(walker.places.map(\.id) + ["default"])
        #expect(realtime["global_metrics"]?["active_tenants"] == JSON(tenants.count), "\(realtime.encodedText)")
        #expect(Set((realtime["tenant_metrics"]?.members ?? []).map(\.name)) == tenants)
        for place in walker.places {
            let own = try await live.call(.GET, "/api/v1/analytics/realtime", bearer: place.key).json
            #expect((own["tenant_metrics"]?.members ?? []).map(\.name) == [place.id] && own["global_metrics"]?["active_tenants"] == .null)
        }
        // The machine's own numbers are nobody's to count; of connections to the database there is one, busy or not.
        let health = try await live.admin(.GET, "/api/v2/health/comprehensive").json
        let pool = health["database"]?["connection_pool"]
        #expect(health["database"]?["status"] == "connected", "\(health.encodedText)")
        #expect(pool?["max"] == 1 && (pool?["active"]?.whole ?? 0) + (pool?["idle"]?.whole ?? 0) == 1, "\(health.encodedText)")
    }

    /// Asks until it is so; a minute at most; the coordinator looks at itself every ten seconds.
    private func reread(_ isSo: () async throws -> Bool) async throws -> Bool {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if try await isSo() { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }
}
