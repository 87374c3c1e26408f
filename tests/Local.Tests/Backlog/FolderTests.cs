using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

public sealed class FolderTests
{
    [Fact]
    public async Task Start_WhenAnotherProcessHasTheFolder_SaysSoAndExits2()
    {
        await using var run = await BacklogTier.StartAsync();

        await using var second = LocalProcess.Start(["--http-port", "0", "--kinesis-port", "0", "--data", run.Folder]);
        var errors = await second.RefusedAsync();
        Assert.Contains(run.Folder, Assert.Single(errors), StringComparison.Ordinal);
        Assert.Equal(["persisted"], await run.PutAsync(1));
    }

    /// <summary>A segment whose bits were flipped is moved out of the way, and the rest is delivered.</summary>
    [PosixFact]
    public async Task Start_WithADamagedSegment_DeliversTheRest()
    {
        await using var run = await BacklogTier.StartAsync();
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        for (var i = 0; i < 3; i++)
            Assert.Equal(["persisted"], await run.PutAsync(1));
        await run.KillAsync();
        var segments = Directory.EnumerateFiles(run.Folder, "*.segment", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(3, segments.Count);
        var bytes = await File.ReadAllBytesAsync(segments[1], TestContext.Current.CancellationToken);
        bytes[^9] ^= 0x10;
        await File.WriteAllBytesAsync(segments[1], bytes, TestContext.Current.CancellationToken);
        run.Kinesis.Faults.Remove(outage);

        await run.StartTierAsync();

        await run.ReplayedAsync("key-0", "key-2");
        Assert.Equal(["key-0", "key-2"], run.Seen().Select(static c => c.Key).Order());
        Assert.Equal(1, (await run.LookAsync("backlog")).GetProperty("damaged_segments").GetInt64());
        await run.StopAsync();
        Assert.Contains(Directory.EnumerateFiles(run.Folder, "*", SearchOption.AllDirectories), f => File.ReadAllBytes(f).AsSpan().SequenceEqual(bytes));
    }
}
