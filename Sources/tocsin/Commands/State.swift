import ArgumentParser
import Storage
import TocsinModel

/// `tocsin state`
struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Back up the engine's decisions, or bring them back.",
        subcommands: [Backup.self, Restore.self])

    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the journal with SQLite's online backup; an engine may be running.")

        @Argument(help: "The file to write; backups/ of the state folder when left out.") var file: String?
        @Option(name: .shortAndLong, help: "The configuration file.") var config: String?

        func run() throws {
            let folder = try Wiring.reading(config).statePath
            if let file {
                let place = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                    separator: "/")
                do throws(StateCopy.Failure) {
                    try StateCopy.back(up: folder + "/decisions.db", to: file, in: place.isEmpty ? "." : place)
                } catch { throw Failure("the state could not be backed up: \(error)") }
                return print("the state is in \(file)")
            }
            switch try Bridge.wait({ await StateBackups(folder: folder).make() }).get() {
            case .success(let path): print("the state is in \(path)")
            case .failure(let failure): throw Failure("the state could not be backed up: \(failure)")
            }
        }
    }

    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a copy in the place of the journal; what was there is set aside. No engine may be running.")

        @Argument(help: "The copy.") var file: String
        @Option(name: .shortAndLong, help: "The configuration file.") var config: String?

        func run() throws {
            let path = try Wiring.reading(config).statePath
            // Taking the folder makes sure that no engine has it.
            let folder: StateFolder
            do throws(StateFolder.Refusal) { folder = try StateFolder(path) } catch { throw Failure("\(error)") }
            do throws(StateCopy.Failure) {
                let aside = try StateCopy.restore(file, over: folder.path + "/decisions.db")
                print("the state is that of \(file)" + (aside.map { "; what was there is \($0)" } ?? ""))
            } catch { throw Failure("nothing was restored: \(error)") }
        }
    }
}
