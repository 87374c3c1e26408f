using System.Diagnostics;

namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>Programs of tests/stand-ins. Tests are skipped where npm did not bring what they need.</summary>
internal static class StandIns
{
    public static string Folder { get; } = Path.Combine(Checkout.Root, "tests", "stand-ins");

    /// <summary>Skips the test without a package.</summary>
    public static void Need(string package) => Assert.SkipUnless(
        File.Exists(Path.Combine([Folder, "node_modules", .. package.Split('/'), "package.json"])),
        $"{package} is not installed: tests/run does it, or npm ci --prefix tests/stand-ins");

    /// <summary>Runs a program in Node.js; gives its exit code and what it wrote.</summary>
    /// <param name="arguments">Its file, and its arguments.</param>
    public static async Task<(int Code, string Output, string Error)> RunAsync(string input, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        // It may write before it has read everything.
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
