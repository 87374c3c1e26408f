namespace Orleans.Kpl.Cli.Tests.Runs;

/// <summary>What the heap has is of the whole process: no other class runs meanwhile.</summary>
[CollectionDefinition(nameof(FileBuffersTests), DisableParallelization = true)]
[Collection(nameof(FileBuffersTests))]
public sealed class FileBuffersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Each file kept its buffer of 256 KiB until the run ended.</summary>
    [Fact]
    public async Task Run_OfThousandsOfFiles_LetsGoOfTheirBuffers()
    {
        const int files = 1000;
        using var mayAnswer = new CancellationTokenSource();
        var lines = 0;
        await using var tier = await FakeTier.StartAsync(async (request, _) =>
        {
            if (Interlocked.Add(ref lines, request.Body.Count(static c => c == '\n')) == files)
                await Task.Delay(Timeout.Infinite, mayAnswer.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return false;
        });
        _folder.Write("run.yaml", $"input: {{ file: {{ path: '*.log' }} }}\noutput: {{ tier: {{ stream_name: s, url: '{tier.Url}' }} }}\n");
        for (var i = 0; i < files; i++)
            _folder.Write($"{i}.log", "line\n");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var run = RunningCommand.Start(_folder.Path, "run", "-f", "run.yaml");
        await Waiting.UntilAsync(() => Volatile.Read(ref lines) == files, "each file");
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        await mayAnswer.CancelAsync();
        Assert.Equal(0, await run.WaitAsync());
        Assert.InRange(held, long.MinValue, files * 128L << 10);
    }
}
