using System.Diagnostics;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Local.Tests.Backlog;

/// <summary>A folder whose disk does not answer: as with a mount whose server is away, opening a named pipe that nobody reads does not return.</summary>
public sealed class HungFolderTests
{
    /// <summary>It waited for ever, and was killed.</summary>
    [PosixFact]
    public async Task Stop_WhileTheFolderHangs_EndsAndSaysSo_AndTheNextTierDeliversWhatIsThere()
    {
        await using var run = await BacklogTier.StartAsync("--Kpl:StopTimeout=4s", "--Kpl:DrainTimeout=1s");
        var outage = run.Kinesis.Faults.Add(new OutageFault());
        Assert.Equal(["persisted", "persisted"], await run.PutAsync(2));
        // Nothing is delivered, so the progress is written for the first time at the end: under this name.
        using (var make = Process.Start("mkfifo", [Path.Combine(run.Folder, BacklogTier.Stream, "records", "progress.unfinished")]))
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);

        run.Tier.Signal(Signals.Terminate);
        var (code, output, errors) = await run.Tier.ExitAsync();

        Assert.StartsWith("drained delivered=0 failed=0 backlog=2 ", output[^1], StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.Contains(output.Concat(errors), static l => l.Contains("The backlog was not closed within", StringComparison.Ordinal)
            && l.Contains("Still open: events.", StringComparison.Ordinal));
        await run.Tier.DisposeAsync();
        run.Kinesis.Faults.Remove(outage);
        await run.StartTierAsync();
        await run.ReplayedAsync("key-0", "key-1");
        Assert.Equal(0, (await run.StopAsync()).Code);
    }
}
