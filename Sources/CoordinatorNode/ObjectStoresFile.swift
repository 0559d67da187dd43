import Foundation
import ModelServing
import StrictJSON

extension ObjectStores {
    private static let fileBytes = 256 << 10

    /// The operator's file of object stores. It has secrets: nobody but its owner may read it, and nothing of it is told.
    init(file: String) throws(CoordinatorError) {
        func refuse(_ problem: String, _ remedy: String) -> CoordinatorError {
            CoordinatorError(.configuration, "\(file) (models.object_stores) \(problem).", remedy: remedy)
        }
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: file), let mode = attributes[.posixPermissions] as? Int,
            let size = attributes[.size] as? Int, size <= Self.fileBytes, let content = try? Data(contentsOf: URL(fileURLWithPath: file))
        else { throw refuse("cannot be read, or is longer than \(Self.fileBytes) bytes", "Name a file that is there, or leave the setting out.") }
        guard mode & 0o077 == 0 else { throw refuse("can be read by others than its owner", "chmod 600 \(file)") }
        guard let json = try? JSON(parsing: [UInt8](content)) else { throw refuse("is no JSON", "Its form is in docs/models.md.") }
        do { try self.init(json) } catch {
            guard case .invalid(let field, let issue) = error else { throw refuse("cannot be used", "Its form is in docs/models.md.") }
            throw refuse("cannot be used: \(field) \(issue)", "Its form is in docs/models.md.")
        }
    }
}
