/// What this room takes from outside, at most.
package enum Limits {
    /// A safetensors header (the reference implementation allows 100 MB; no model here needs more than this).
    package static let headerBytes = 1 << 20
    /// A data schema as text: with the tensors' names it fits a header.
    package static let schemaBytes = 768 << 10
    package static let tensors = 4096
    package static let dimensions = 8
    package static let metadataEntries = 64
    /// Columns of a data set, outputs of a model, width of a layer.
    package static let width = 1 << 20
    package static let layers = 64
    package static let convolutions = 16
    package static let imageSide = 1024
    package static let channels = 1024
    package static let kernel = 11
    /// Parameters of a model: 2 GiB of Float32.
    package static let parameters = 1 << 29
    /// Numbers of one array file: 4 GiB as Float32.
    package static let arrayElements = 1 << 30
    package static let arrayHeaderBytes = 1 << 16
    /// How much larger an array of an archive may become than it lies there, beyond a first mebibyte.
    package static let archiveRatio = 200
    package static let csvLineBytes = 1 << 20
    /// Classes, and the length of the name of one.
    package static let labels = 1 << 16
    package static let labelBytes = 256
    package static let clients = 1_000_000
    /// Rounds a schedule or a stopping rule may speak of: as many as a session may have.
    package static let scheduleRounds = 100_000
    package static let shardsPerClient = 1000
    package static let dirichletAlpha = 1e6
    /// Parts of equal size that stand for the classes of a regression's targets.
    package static let targetParts = 10
    // A transformer over bytes.
    package static let blocks = 32
    package static let blockWidth = 1024
    package static let heads = 32
    package static let blockHidden = 4096
    package static let context = 4096
    /// Symbols of a sequence with an embedding: as many as one number can hold.
    package static let longestGram = 6
    package static let gramRows = 1 << 16
    /// 64 MiB of Float32.
    package static let languageParameters = 16 << 20
    /// What a transformer keeps of one pass: 2 GiB of Float32.
    package static let languageWorkspace = 1 << 29
    /// Bytes of one step of local training: windows times their length.
    package static let stepBytes = 1 << 16
    /// A longer text is cut.
    package static let textPieceBytes = 64 << 10
    /// What a client judges by is not trained on: so much of its text, and no more than so many bytes.
    package static let heldOutTextPercent = 5
    package static let heldOutTextBytes = 32 << 10
    package static let syntheticRows = 1 << 20
    /// α and β of a synthetic federation.
    package static let syntheticSpread = 1e3
    /// Draws of a partition before it is called impossible.
    package static let partitionDraws = 100
}
