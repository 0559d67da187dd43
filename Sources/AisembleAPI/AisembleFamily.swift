package import APIKit
package import ModelServing
package import Platform

/// The family of `/api/v2`: its endpoint table and its envelope.
package enum Aisemble {
    /// What replies print. Scrapers find `/health` and `/metrics` at the root too; those belong to no document alone.
    static let base = "/api/v2"

    /// Of which service an endpoint is; nil: of none that can be stopped.
    package static func gate(_ endpoint: Endpoint) -> GatedService? {
        [("/ai/llm/", GatedService.llm), ("/ai/vision/", .vision), ("/ai/nlp/", .nlp)].first { endpoint.path.hasPrefix($0.0) }?.1
    }

    /// - Parameter gates: what starts and stops services; who makes the family also has it heed them. nil: nothing can be stopped.
    package static func family(
        _ identity: Identity, _ jobs: JobQueue, _ operations: Operations, webhooks: Webhooks, models: ModelRuntime, texts: TextService = TextService(),
        vision: VisionService = VisionService(), language: LanguageModels = LanguageModels(), gates: ServiceGates? = nil
    ) -> Family {
        Family(
            .v2, bases: [base],
            endpoints: logins(identity, operations.recorder) + self.jobs(jobs) + health(operations, texts, vision, language, gates)
                + self.operations(operations, jobs, gates) + logs(operations)
                + self.webhooks(webhooks) + self.texts(texts) + self.vision(vision) + self.models(models) + self.language(language),
            errorShape: ErrorBody.shape, envelope: envelope
        )
        .describing(title: "AI services, v2", version: "2.0.0")
    }
}
