import ArgumentParser

/// The root of all verbs.
struct Grevy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grevy",
        abstract: "Plan and verify SIRT of liver metastases from DICOM images.",
        discussion: """
            Not a medical device. Results go to standard output (one JSON document with --json), \
            everything else to standard error.
            To start: `grevy demo --out demo` shows the whole way of a synthetic patient; with \
            your own files: import, list, plan, and after treatment delivered.
            Exit codes: 0 done, 1 refused (bad data), 2 wrong use.
            """,
        version: "0.1.0",
        subcommands: [
            AuditCommand.self,
            BackupCommand.self,
            BenchCommand.self,
            CalculateCommand.self,
            CheckCommand.self,
            DeliveredCommand.self,
            DVHCommand.self,
            DemoCommand.self,
            DicomWorkerCommand.self,
            DoseCommand.self,
            ExportCommand.self,
            ImportCommand.self,
            JobCommand.self,
            KernelCommand.self,
            ListCommand.self,
            MaterialsCommand.self,
            NodeCommand.self,
            NuclideCommand.self,
            OrganisationCommand.self,
            PhantomCommand.self,
            PlanCommand.self,
            RecomputeCommand.self,
            RegistrationCommand.self,
            RestoreCommand.self,
            ServeCommand.self,
            SettingsCommand.self,
            ShowCommand.self,
            SphereCommand.self,
            VerifyCommand.self,
            VOICommand.self,
        ])
}
