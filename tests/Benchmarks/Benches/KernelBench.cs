using System.Diagnostics;
using System.Security.Cryptography;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Benchmarks.Benches;

/// <summary>
/// Nanoseconds a user record for route, aggregate, close and seal, in batches, without queues and sending, on one thread of a process that is kept on one
/// processor; by the widest path of the hash, and without vectors. Beside them <c>MD5.HashData</c> of one 36-byte key, the yardstick.
/// </summary>
internal static class KernelBench
{
    public const string Verb = "kernel-run";

    private const string CheckAll = "check";
    private const int Shards = 64;
    private const long BytesPerRun = 256L * 1024 * 1024;

    public static async Task<Figures> RunAsync(BenchArguments arguments)
    {
        await using var process = ChildProcess.Start(Affinity.ProducerProcessors, Verb);
        var figures = await Bench.MeasureAsync(arguments, runs: 5, async found => found.Add(await process.AskAsync<Dictionary<string, double>>("measure")));
        await process.AskAsync<Dictionary<string, double>>(CheckAll);
        return figures;
    }

    /// <summary>The bench's process: measures a round for each command, and at the end checks what the same code made.</summary>
    public static Task ServeAsync()
    {
        var (small, large) = (new RecordSet(100), new RecordSet(1024));
        Case[] cases =
        [
            new("ns_100", Md5Lanes.Widest, small, 100), new("ns_1024", Md5Lanes.Widest, large, 1024),
            new("scalar_ns_100", Md5Path.Scalar, small, 100), new("scalar_ns_1024", Md5Path.Scalar, large, 1024),
        ];
        MeasureMd5();
        foreach (var one in cases)
            one.WarmUp();
        return ChildProcess.ServeAsync(command =>
        {
            var found = new Dictionary<string, double>();
            foreach (var one in cases)
            {
                if (command == CheckAll)
                    one.Check();
                else
                    found[one.Name] = one.Measure();
            }

            found["md5_key_ns"] = MeasureMd5();
            found["bytes_allocated_per_record"] = cases.Max(static one => one.BytesAllocated);
            return Task.FromResult<object>(found);
        });
    }

    private static double MeasureMd5()
    {
        const int Count = 200_000;
        Span<byte> key = stackalloc byte[36];
        Span<byte> digest = stackalloc byte[16];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Count; i++)
        {
            key[0] = (byte)i;
            MD5.HashData(key, digest);
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Count;
    }

    private sealed class Case(string name, Md5Path path, RecordSet records, int dataSize)
    {
        private readonly int _batches = (int)(BytesPerRun / (dataSize + 100) / RecordSet.BatchSize);
        private readonly KernelRun _run = new(path, records, Shards);

        public string Name => name;

        /// <summary>Managed bytes allocated per record in steady state, the worst of all runs.</summary>
        public double BytesAllocated { get; private set; }

        private int Records => _batches * RecordSet.BatchSize;

        // Twice: the first time the JIT is at work too, and the pool fills.
        public void WarmUp()
        {
            Put(_run);
            Put(_run);
        }

        public double Measure()
        {
            var before = _run.Sealed;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            Put(_run);
            var elapsed = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            if (_run.Sealed - before != Records)
                throw new InvalidOperationException($"{Records} records went in, {_run.Sealed - before} came out.");
            BytesAllocated = Math.Max(BytesAllocated, (double)allocated / Records);
            return elapsed.TotalNanoseconds / Records;
        }

        public void Check()
        {
            var members = 0;
            Put(new KernelRun(path, records, Shards) { OnSealed = (shard, record) => members += CheckRecord(shard, record) });
            if (members != Records)
                throw new InvalidOperationException($"{Records} records went in, {members} were read back.");
        }

        private int CheckRecord(ShardRange shard, EncodedRecord record)
        {
            // The last record of a shard may be alone, and then goes as it is.
            if (!record.NeedsTrailer && record.Length == dataSize && shard.Contains(record.HashKey))
                return 1;
            if (!AggregatedRecordCodec.TryDecode(record.Payload, out var members, out var reason))
                throw new InvalidOperationException($"An aggregate cannot be read: {reason}.");
            return members.All(m => shard.Contains(m.HashKey) && m.Data.Length == dataSize)
                ? members.Length
                : throw new InvalidOperationException("An aggregate holds a record that does not belong there.");
        }

        private void Put(KernelRun run)
        {
            for (var i = 0; i < _batches; i++)
                run.Add(i);
            run.Flush();
        }
    }
}
