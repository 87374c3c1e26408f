namespace Orleans.Kpl.Deploy.Tests.Running;

/// <summary>Programs of tests/stand-ins. Tests are skipped where npm did not bring what they need.</summary>
internal static class StandIns
{
    public static string Folder { get; } = Path.Combine(Checkout.Root, "tests", "stand-ins");

    /// <summary>Skips the test without a package.</summary>
    public static void Need(string package) => Assert.SkipUnless(
        File.Exists(Path.Combine([Folder, "node_modules", .. package.Split('/'), "package.json"])),
        $"{package} is not installed: tests/run does it, or npm ci --prefix tests/stand-ins");

    /// <summary>Runs a program in Node.js.</summary>
    /// <param name="arguments">Its file, and its arguments.</param>
    public static Task<ProgramRun> RunAsync(string input, params IEnumerable<string> arguments) => ProgramRun.OfAsync("node", arguments, input, Folder);
}
