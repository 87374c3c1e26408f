using System.Text;
using Orleans.Kpl.Adapters.Files;
using Orleans.Kpl.Pipeline.Backlog.Segments;
using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Adapters.Tests.Files;

/// <summary>Power is lost after each single step that the store asks of a disk, and again while it recovers from that.</summary>
public sealed class PowerLossTests
{
    private const string Directory = "/backlog";

    [Fact]
    public async Task EverythingAcknowledged_IsThereAfterALossOfPower_AtAnyStep()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            for (var step = 1; ; step++)
            {
                var run = new Run(seed * 100_000 + step, BacklogSync.Always);
                var ended = await run.UntilPowerIsOffAsync(step);
                await run.CheckAsync();
                if (ended)
                    break;
            }
        }
    }

    [Fact]
    public async Task NothingIsMisread_AfterALossOfPower_WhenNothingWasSynced()
    {
        for (var step = 1; step < 150; step++)
        {
            var run = new Run(step, BacklogSync.Never);
            await run.UntilPowerIsOffAsync(step);
            await run.CheckAsync();
        }
    }

    [Fact]
    public async Task WithoutSyncing_WhatWasAcknowledgedIsLost()
    {
        // Or else the model would test nothing.
        var lost = 0;
        for (var step = 20; step < 80; step++)
        {
            var run = new Run(step, BacklogSync.Never);
            await run.UntilPowerIsOffAsync(step);
            lost += await run.CountLostAsync();
        }

        Assert.True(lost > 10, $"{lost} lost");
    }

    /// <summary>The last segment on a full disk becomes the progress. Its name was still a segment's, which was then found damaged, and told of.</summary>
    [Fact]
    public async Task NoSegmentIsDamaged_AfterALossOfPower_WhereTheLastBecomesTheProgress()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            for (var (step, isOver) = (1, false); !isOver; step++)
            {
                var random = new Random(seed * 1_000 + step);
                var segment = new Run(seed, BacklogSync.Always).SegmentOf(1);
                var (files, isAcknowledged) = (new FragileFiles(step), false);
                try
                {
                    await using var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always, TaskScheduler.Default);
                    var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
                    await log.AppendAsync(1, segment, default);
                    isAcknowledged = files.IsFull = true;
                    await log.RemoveAsync([1], default);
                    isOver = true;
                }
                catch (BacklogStoreException)
                {
                    Assert.True(files.IsOff);
                }

                if (isAcknowledged)
                    Assert.True(await NextNumberAfterAnotherLossAsync(files.PowerOn(random, random.Next(1, 16)), random) > 1, "number 1 is used again");
                files = files.PowerOn(random, int.MaxValue);
                await using var next = FileBacklogStore.Open(files, Directory, BacklogSync.Always, TaskScheduler.Default);
                var reopened = await next.OpenAsync("events", SegmentLogKind.Records, default);
                foreach (var entry in reopened.Found)
                    Assert.Equal(segment, await reopened.ReadAsync(entry.Number, default));
                if (isAcknowledged)
                    Assert.Equal(2, reopened.NextNumber);
                Assert.True(reopened.Progress.IsEmpty);

                // What was left of it goes with the next progress.
                await reopened.AppendAsync(reopened.NextNumber, segment, default);
                await reopened.RemoveAsync([reopened.NextNumber], default);
                Assert.DoesNotContain(files.Files(Directory + "/events/records"), f => f.Name.EndsWith(".last", StringComparison.Ordinal));
            }
        }
    }

    /// <summary>What was left of the last segment had its number, and went before the progress was on the disk.</summary>
    private static async Task<long> NextNumberAfterAnotherLossAsync(FragileFiles files, Random random)
    {
        try
        {
            await using var store = FileBacklogStore.Open(files, Directory, BacklogSync.Always, TaskScheduler.Default);
            var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
            await log.SaveProgressAsync(new byte[3], default);
        }
        catch (BacklogStoreException)
        {
            Assert.True(files.IsOff);
        }

        await using var next = FileBacklogStore.Open(files.PowerOn(random, int.MaxValue), Directory, BacklogSync.Always, TaskScheduler.Default);
        return (await next.OpenAsync("events", SegmentLogKind.Records, default)).NextNumber;
    }

    private sealed class Run(int seed, BacklogSync sync)
    {
        private readonly Random _random = new(seed);
        private readonly Dictionary<long, byte[]> _acknowledged = [];
        private readonly Dictionary<long, List<byte[]>> _written = [];
        private readonly List<byte[]> _saved = [[]];
        private readonly HashSet<long> _removed = [];
        private FragileFiles _files = new(int.MaxValue);
        private byte[]? _lastSaved;

        /// <returns>Whether all was done before.</returns>
        public async Task<bool> UntilPowerIsOffAsync(int step)
        {
            _files = new FragileFiles(step);
            try
            {
                for (var life = 0; life < 3; life++)
                {
                    await using var store = FileBacklogStore.Open(_files, Directory, sync, TaskScheduler.Default);
                    var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
                    await LiveAsync(log);
                }

                return true;
            }
            catch (BacklogStoreException)
            {
                Assert.True(_files.IsOff);
                return false;
            }
        }

        public async Task CheckAsync()
        {
            // Power may fail again while the first opening goes on.
            var files = _files.PowerOn(_random, _random.Next(1, 12));
            try
            {
                await using var store = FileBacklogStore.Open(files, Directory, sync, TaskScheduler.Default);
                await store.OpenAsync("events", SegmentLogKind.Records, default);
            }
            catch (BacklogStoreException)
            {
                Assert.True(files.IsOff);
            }

            await CheckAsync(files.PowerOn(_random, int.MaxValue));
        }

        public async Task<int> CountLostAsync()
        {
            await using var store = FileBacklogStore.Open(_files.PowerOn(_random, int.MaxValue), Directory, sync, TaskScheduler.Default);
            var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
            return _acknowledged.Keys.Except(_removed).Except(log.Found.Select(f => f.Number)).Count();
        }

        private async Task CheckAsync(FragileFiles files)
        {
            await using var store = FileBacklogStore.Open(files, Directory, sync, TaskScheduler.Default);
            if (sync == BacklogSync.Always && _acknowledged.Keys.Except(_removed).Any())
                Assert.Equal(["events"], await store.ListStreamsAsync(default));
            var log = await store.OpenAsync("events", SegmentLogKind.Records, default);
            var found = new Dictionary<long, byte[]>();
            foreach (var entry in log.Found)
                found[entry.Number] = (await log.ReadAsync(entry.Number, default))!;
            foreach (var (number, bytes) in found)
                CheckOne(number, bytes);
            if (sync == BacklogSync.Always)
            {
                foreach (var (number, bytes) in _acknowledged.Where(a => !_removed.Contains(a.Key)))
                    Assert.True(found.TryGetValue(number, out var read) && bytes.AsSpan().SequenceEqual(read), $"seed {seed}: {number} was acknowledged and is not there");
                // The file of the last one was gone, and the progress that has its number was not there yet.
                Assert.True(log.NextNumber > _acknowledged.Keys.DefaultIfEmpty().Max(), $"seed {seed}: {log.NextNumber} is used again");
            }

            var progress = log.Progress.ToArray();
            Assert.Contains(_saved, s => s.AsSpan().SequenceEqual(progress));
            if (progress.Length > 0)
                Assert.True(BitConverter.ToInt64(progress) < log.NextNumber, "the progress speaks of numbers that are used again");
            Assert.True(log.Found.Count == 0 || log.NextNumber > log.Found[^1].Number);
        }

        /// <summary>What was written, or nothing that can be read as a segment.</summary>
        private void CheckOne(long number, byte[] bytes)
        {
            if (_written.TryGetValue(number, out var all) && all.Any(w => w.AsSpan().SequenceEqual(bytes)))
                return;
            Assert.Equal(BacklogSync.Never, sync);
            // Rubbish may begin like a segment of a later version.
            Assert.ThrowsAny<SegmentFormatException>(() => Segment.ReadRecords(bytes, out _));
        }

        private async Task LiveAsync(ISegmentLog log)
        {
            var live = log.Found.Select(f => f.Number).ToList();
            if (_lastSaved is not null)
                Assert.Equal(_lastSaved, log.Progress.ToArray());
            for (var number = log.NextNumber; number < log.NextNumber + 6; number++)
            {
                var segment = SegmentOf(number);
                (_written.TryGetValue(number, out var all) ? all : _written[number] = []).Add(segment);
                await log.AppendAsync(number, segment, default);
                _acknowledged[number] = segment;
                live.Add(number);
                switch (_random.Next(4))
                {
                    case 0:
                        byte[] progress = [.. BitConverter.GetBytes(number), .. new byte[_random.Next(50)]];
                        _saved.Add(progress);
                        await log.SaveProgressAsync(progress, default);
                        _lastSaved = progress;
                        break;
                    case 1:
                        var gone = live.Where(_ => _random.Next(2) == 0).ToList();
                        _removed.UnionWith(gone);
                        live.RemoveAll(gone.Contains);
                        await log.RemoveAsync(gone, default);
                        break;
                }
            }
        }

        public byte[] SegmentOf(long number)
        {
            using var writer = new SegmentWriter(10_000);
            var data = new byte[_random.Next(1, 300)];
            _random.NextBytes(data);
            writer.TryAdd(Encoding.UTF8.GetBytes($"record {number}"), data, null, 0);
            return writer.Encode().ToArray();
        }
    }
}
