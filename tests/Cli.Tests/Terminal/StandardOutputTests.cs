using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Tests.Terminal;

/// <summary>What cannot be written is told; a reader that went away wants no more, and is not.</summary>
/// <remarks>Tests <see cref="OutputLines"/> and <see cref="StandardOutput"/>.</remarks>
public sealed class StandardOutputTests
{
    /// <summary>A full disk ended with 0 and no word, a closed output with a stack trace.</summary>
    [Theory]
    [InlineData("completion bash > /dev/full", "No space left on device")]
    [InlineData("completion bash >&-", "it is closed")]
    [InlineData("put --help > /dev/full", "No space left on device")]
    [InlineData("--version >&-", "it is closed")]
    public async Task AnOutputThatCannotBeWritten_IsToldInOneLine(string line, string why)
    {
        Assert.SkipUnless(File.Exists("/dev/full") && File.Exists("/bin/bash"), "there is no /dev/full, or no /bin/bash");
        await using var kpl = RunningProgram.StartFile("/bin/bash", ["-c", $"\"$0\" {line}", RunningProgram.Kpl]);
        Assert.Equal(1, await kpl.WaitAsync());
        var said = Assert.Single((await kpl.Error).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("kpl: standard output cannot be written: ", said, StringComparison.Ordinal);
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    /// <summary>It waited for ever, for what comes on a pipe of .NET's own.</summary>
    [Testing.PosixFact]
    public async Task AnInputThatIsClosed_HasNoRecords()
    {
        await using var kpl = RunningProgram.StartFile("/bin/bash", ["-c", "\"$0\" put --tier http://127.0.0.1:9 <&-", RunningProgram.Kpl]);
        Assert.Equal(0, await kpl.WaitAsync());
        Assert.StartsWith("kpl: 0 records: ", await kpl.Error, StringComparison.Ordinal);
    }

    /// <summary>The pipe has no reader before the first byte is written.</summary>
    [Theory]
    [InlineData("completion bash")]
    [InlineData("--version")]
    public async Task APipeWithoutAReader_IsNoFailure(string line)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/bin/bash"), "bash is another one there, or there is none");
        await using var kpl = RunningProgram.StartFile("/bin/bash", ["-c", $"exec 3> >(true); wait $!; \"$0\" {line} >&3", RunningProgram.Kpl]);
        Assert.Equal((0, ""), (await kpl.WaitAsync(), await kpl.Error));
    }

    /// <summary>Records that nobody can keep were counted as read, and the reader as gone.</summary>
    [Fact]
    public async Task Tail_WhereTheDiskIsFull_SaysSo_AndEndsWithOne()
    {
        await using var endpoint = await Endpoint.StartAsync(1);
        await endpoint.PutAsync("first\n");
        var run = await CliRun.RunAsync(Stream.Null, ["tail", "--endpoint", endpoint.Url], output: new FullOutput());
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("kpl: standard output cannot be written: No space left on device", run.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("the output was closed", run.Error, StringComparison.Ordinal);
    }

    /// <summary>What another program printed for it is written as its own.</summary>
    [Theory]
    [InlineData(true, 1, "kpl: standard output cannot be written: No space left on device\n", "")]
    [InlineData(false, 0, "", "--stream events --records 7 --size 9 --warm-up 0\n")]
    public async Task Bench_ViaCluster_WritesWhatTheProgramPrinted(bool isFull, int exitCode, string said, string printed)
    {
        Assert.SkipUnless(File.Exists("/bin/echo"), "there is no /bin/echo");
        using var programs = new TemporaryFolder();
        File.CreateSymbolicLink(Path.Combine(programs.Path, "kpl-cluster-bench"), "/bin/echo");
        var run = await CliRun.RunAsync(
            Stream.Null, ["bench", "--via", "cluster", "--records", "7", "--size", "9"], output: isFull ? new FullOutput() : null, programs: programs.Path);
        Assert.Equal((exitCode, said, printed), (run.ExitCode, run.Error.ReplaceLineEndings("\n"), run.Text));
    }
}
