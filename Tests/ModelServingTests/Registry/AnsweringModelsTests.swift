import ModelServing
import Testing

/// What is remembered of deployments, and when it is not.
@Suite struct AnsweringModelsTests {
    @Test func whatWasReadBeforeAnEndIsNotKeptAfterIt() {
        let models = AnsweringModels(most: 4)
        let before = models.changes
        models.keep("m", of: "d", tenant: "t", asOf: before)
        #expect(models.model(of: "d", tenant: "t") == "m" && models.model(of: "d", tenant: "other") == nil)
        models.forget("d", tenant: "t")
        #expect(models.model(of: "d", tenant: "t") == nil)
        models.keep("m", of: "d", tenant: "t", asOf: before)
        #expect(models.model(of: "d", tenant: "t") == nil, "it was read before the deployment ended")
        models.keep("n", of: "e", tenant: "t", asOf: models.changes)
        #expect(models.model(of: "e", tenant: "t") == "n")
    }

    @Test func asManyAsAreRememberedTakeTheirRoom() {
        let models = AnsweringModels(most: 4)
        for i in 0..<9 { models.keep("m\(i)", of: "d\(i)", tenant: "t", asOf: models.changes) }
        #expect((0..<9).filter { models.model(of: "d\($0)", tenant: "t") != nil } == [8])
    }
}
