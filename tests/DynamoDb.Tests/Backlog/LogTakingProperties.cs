using Orleans.Kpl.DynamoDb.Backlog;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.DynamoDb.Tests.Backlog;

/// <summary>Several owners, each opening the log and writing to it, none of them knowing of the others; their calls interleaved in any order.</summary>
public sealed class LogTakingProperties
{
    private const string Log = "events/records/w";

    [Fact]
    public void WhatAnOwnerWasToldOf_IsFoundByEveryLaterOwner() => Assert.All(Enumerable.Range(0, 1_500), Holds);

    [Fact]
    public void ManyOwners_AreCoveredByTheSeeds()
    {
        // Or else the property would say little.
        var runs = Enumerable.Range(0, 200).Select(Run).ToList();
        Assert.InRange(runs.Count(r => r.Owners.Count(o => o.Log is not null) >= 3), 51, 200);
        Assert.InRange(runs.Count(r => r.Owners.Count(o => o.WasFenced && o.Acknowledged.Count > 0) >= 1), 101, 200);
        Assert.InRange(runs.Count(r => r.Owners.Any(o => o.WasFencedOpening)), 6, 200);
    }

    /// <summary>
    /// The second try counted from the first one's seals. A number below them stayed open: what the former owner then wrote there was found by nobody.
    /// </summary>
    [Fact]
    public async Task ALateWrite_AfterATakeoverThatFailedHalfway_IsRefused()
    {
        var table = new SimulatedLogTable(new Random(1));
        var former = await table.RunAsync(OpenAsync(table));
        var late = former.NextNumber;
        for (var ahead = 1; ahead < former.MaxAppends; ahead++)
            await table.RunAsync(former.AppendAsync(late + ahead, new byte[3], default));

        table.Loses = item => item.Number == late && !item.IsSegment;
        await Assert.ThrowsAsync<BacklogStoreException>(() => table.RunAsync(OpenAsync(table)));
        table.Loses = static _ => false;
        var next = await table.RunAsync(OpenAsync(table));

        await Assert.ThrowsAsync<BacklogFencedException>(() => table.RunAsync(former.AppendAsync(late, new byte[3], default)));
        Assert.Equal([late + 1, late + 2, late + 3], next.Found.Select(static f => f.Number));
    }

    /// <summary>Else a table that loses a call now and then would never be taken over: each try would have more to close than the last one.</summary>
    [Fact]
    public async Task ATakeover_ThatFailsAgainAndAgain_HasNoMoreToCloseEachTime()
    {
        var table = new SimulatedLogTable(new Random(1));
        var former = await table.RunAsync(OpenAsync(table));
        await table.RunAsync(former.AppendAsync(former.NextNumber + 1, new byte[3], default));
        for (var tries = 0; tries < 10; tries++)
        {
            table.Loses = item => item.Number == former.NextNumber;
            await Assert.ThrowsAsync<BacklogStoreException>(() => table.RunAsync(OpenAsync(table)));
        }

        Assert.Equal(LogTakeover.Window * 2, table.ItemsOf(Log).Count(static i => !i.IsWritten));
    }

    private static Task<DynamoDbSegmentLog> OpenAsync(SimulatedLogTable table) =>
        DynamoDbSegmentLog.OpenAsync(table, Log, TimeProvider.System, TimeSpan.FromDays(8), default);

    private static void Holds(int seed)
    {
        var (owners, table) = Run(seed);
        var opened = owners.Where(o => o.Log is not null).OrderBy(o => o.Epoch).ToList();
        for (var later = 0; later < opened.Count; later++)
        {
            var found = opened[later].Log!.Found.Select(f => f.Number).ToHashSet();
            foreach (var former in opened.Take(later))
            {
                var kept = former.Acknowledged.Except(opened.Take(later).SelectMany(o => o.Removed));
                Assert.Empty(kept.Except(found));
                Assert.True(former.Acknowledged.All(n => n < opened[later].Log!.NextNumber), $"seed {seed}: a number may be written again");
            }

            Assert.Empty(opened[later].Acknowledged.Intersect(opened.Take(later).SelectMany(o => o.Acknowledged)));
        }

        var there = table.ItemsOf(Log).Where(i => i.IsSegment).ToDictionary(i => i.Number, i => i.Data!.Value.ToArray());
        foreach (var owner in opened)
            Assert.All(owner.Acknowledged, n => Assert.Equal(owner.SegmentOf(n), there[n]));
    }

    private static (List<Owner> Owners, SimulatedLogTable Table) Run(int seed)
    {
        var random = new Random(seed);
        var table = new SimulatedLogTable(random) { LostPercent = random.Next(3) == 0 ? 0 : random.Next(25) };
        var owners = new List<Owner>();
        var most = random.Next(2, 6);
        for (var step = 0; step < 400 && (table.Step() || owners.Count < most); step++)
        {
            if (owners.Count == 0 || (owners.Count < most && random.Next(40) == 0))
            {
                owners.Add(new Owner(owners.Count + 1, random));
                owners[^1].Start(table);
            }
        }

        foreach (var owner in owners)
            owner.IsEnding = true;
        table.LostPercent = 0;
        table.StepAll();
        Assert.All(owners, o => Assert.True(o.Life.IsCompletedSuccessfully, $"seed {seed}: {o.Life.Exception}"));
        return (owners, table);
    }

    private sealed class Owner(int id, Random random)
    {
        public Task Life { get; private set; } = Task.CompletedTask;

        public DynamoDbSegmentLog? Log { get; private set; }

        public long Epoch { get; private set; }

        public List<long> Acknowledged { get; } = [];

        public HashSet<long> Removed { get; } = [];

        public bool WasFenced { get; private set; }

        public bool WasFencedOpening { get; private set; }

        public bool IsEnding { get; set; }

        public void Start(SimulatedLogTable table) => Life = LiveAsync(table);

        public byte[] SegmentOf(long number) => [(byte)id, .. BitConverter.GetBytes(number)];

        private async Task LiveAsync(SimulatedLogTable table)
        {
            while (Log is null)
            {
                try
                {
                    Log = await OpenAsync(table);
                    Epoch = Log.Epoch;
                }
                catch (BacklogFencedException)
                {
                    WasFencedOpening = true;
                    return;
                }
                catch (BacklogStoreException)
                {
                    // Asked for again, as an owner does.
                }
            }

            var lanes = new HashSet<long>();
            var next = Log.NextNumber;
            var underWay = new List<Task>();
            while (!WasFenced && !IsEnding)
            {
                // None before all so many below are acknowledged.
                while (!WasFenced && !IsEnding && next < lanes.Append(next).Min() + Log.MaxAppends)
                {
                    lanes.Add(next);
                    underWay.Add(AppendAsync(Log, next++, lanes));
                }

                await Task.WhenAny(underWay);
                underWay.RemoveAll(t => t.IsCompleted);
                if (random.Next(4) == 0)
                    await TendAsync(Log);
            }

            await Task.WhenAll(underWay);
        }

        private async Task AppendAsync(DynamoDbSegmentLog log, long number, HashSet<long> lanes)
        {
            while (!WasFenced)
            {
                try
                {
                    await log.AppendAsync(number, SegmentOf(number), default);
                    Acknowledged.Add(number);
                    lanes.Remove(number);
                    return;
                }
                catch (BacklogFencedException)
                {
                    WasFenced = true;
                }
                catch (BacklogStoreException)
                {
                    // Asked for again with the same bytes.
                }
            }
        }

        private async Task TendAsync(DynamoDbSegmentLog log)
        {
            try
            {
                if (random.Next(2) == 0)
                {
                    var done = Acknowledged.Where(_ => random.Next(3) == 0).ToList();
                    Removed.UnionWith(done);
                    await log.RemoveAsync(done, default);
                }

                await log.SaveProgressAsync(new byte[3], default);
            }
            catch (BacklogFencedException)
            {
                WasFenced = true;
            }
            catch (BacklogStoreException)
            {
                // Saved with the next one.
            }
        }
    }
}
