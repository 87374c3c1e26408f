using System.Globalization;

namespace Orleans.Kpl.Cluster.Tests.Backlog;

/// <summary>Compares what callers were told is safe with what is in Kinesis.</summary>
internal static class BacklogAudit
{
    /// <summary>How long nothing more may arrive while something is missing: what a small room replays may take minutes, but goes on.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits until every acknowledged record is in Kinesis, where consumers see it, as it was put. Nobody is asked but Kinesis.</summary>
    /// <returns>How many of them are there more than once, counted by their surplus.</returns>
    public static async Task<int> ArrivedAsync(KinesisProcess kinesis, string stream, IReadOnlyCollection<ToldRecord> told, IEnumerable<SiloProcess> silos)
    {
        var acknowledged = told.Where(t => t.IsAcknowledged).ToList();
        Assert.NotEmpty(acknowledged);
        var (fewest, since) = (int.MaxValue, Stopwatch.StartNew());
        while (true)
        {
            var seen = await LoadAudit.SeenAsync(kinesis, stream);
            var missing = acknowledged.Where(t => !seen.Contains(ToldRecord.KeyOf(t.Number))).ToList();
            if (missing.Count == 0)
            {
                LoadAudit.AssertNotTaken(seen, told);
                Assert.All(seen.SelectMany(s => s), s => Assert.Equal($"\"{ToldRecord.DataOf(NumberOf(s.Key))}\"", s.Data));
                return seen.Sum(s => s.Count() - 1);
            }

            if (missing.Count < fewest)
                (fewest, since) = (missing.Count, Stopwatch.StartNew());
            if (since.Elapsed > Limit)
                Assert.Fail($"{missing.Count} of {acknowledged.Count} are missing, such as {string.Join(", ", missing.Take(3))}\n{string.Join("\n\n", silos.Where(s => !s.HasExited).Select(s => s.Log))}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until the tier's books say that nothing is under way, and gives them.</summary>
    public static async Task<StreamLedger> SettledAsync(ClusterConnection connection, string stream)
    {
        var manager = connection.Client.GetGrain<IStreamManager>(stream);
        var settled = default(StreamLedger);
        // A silo that is gone is asked until it is declared dead.
        await Waiting.UntilAsync(async () =>
        {
            if (await SiloLoss.TryAsync<StreamLedger?>(async () => await manager.GetLedger()) is not { } ledger)
                return false;
            settled = ledger;
            Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.Failed + ledger.Unknown + ledger.InFlight + ledger.InBacklog + ledger.DeadLettered);
            return ledger is { InFlight: 0, InBacklog: 0 };
        }, "nothing under way");
        return settled;
    }

    private static int NumberOf(string key) => int.Parse(key[(key.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);
}
