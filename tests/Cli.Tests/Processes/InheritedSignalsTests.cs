using System.Globalization;

namespace Orleans.Kpl.Cli.Tests.Processes;

/// <summary>What the tests' children inherit.</summary>
public sealed class InheritedSignalsTests
{
    /// <summary>A shell in a script runs the tests in the background with Ctrl-C ignored, and tests that interrupt a child waited for ever.</summary>
    [Fact]
    public async Task Tests_WhoseParentIgnoresCtrlC_HaveChildrenThatDoNot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "there is no /proc/self/status or no /bin/bash");
        await using var tests = RunningProgram.StartFile(
            "/bin/bash", ["-c", $"trap '' INT; exec \"{Environment.ProcessPath}\" -noColor -method '*{nameof(Child_DoesNotIgnoreCtrlC)}'"]);
        var told = await tests.Output.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await tests.WaitAsync() == 0, told);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Child_DoesNotIgnoreCtrlC()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no /proc/self/status");
        await using var grep = RunningProgram.StartFile("grep", ["SigIgn", "/proc/self/status"]);
        var mask = (await grep.Output.ReadToEndAsync(TestContext.Current.CancellationToken)).Split(':')[1].Trim();
        Assert.Equal(0UL, ulong.Parse(mask, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (Signals.Interrupt - 1)));
    }
}
