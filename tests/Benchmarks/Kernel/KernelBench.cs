using System.Diagnostics;
using System.Security.Cryptography;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Deaggregation.Hashing;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>The bench <c>kernel</c>: route + aggregate + close + seal on one thread, in batches, without queues and sending.</summary>
internal static class KernelBench
{
    private const int Shards = 64;
    private const long BytesPerRun = 256L * 1024 * 1024;

    /// <summary>Measures, then checks what the same code made.</summary>
    /// <param name="runs">How many alternating runs the medians are of.</param>
    /// <exception cref="InvalidOperationException">Records were lost, or an aggregate was wrong.</exception>
    public static KernelFigures Run(int runs)
    {
        var small = new KernelLoad(100);
        var large = new KernelLoad(1024);
        var cases = new Case[]
        {
            new(Md5Lanes.Widest, small, 100),
            new(Md5Lanes.Widest, large, 1024),
            new(Md5Path.Scalar, small, 100),
            new(Md5Path.Scalar, large, 1024),
        };
        var md5 = new List<double>();
        MeasureMd5();
        foreach (var one in cases)
            one.WarmUp();
        for (var i = 0; i < runs; i++)
        {
            md5.Add(MeasureMd5());
            foreach (var one in cases)
                one.Measure();
        }
        foreach (var one in cases)
            one.Check();
        return new KernelFigures(
            cases[0].Median, cases[1].Median, cases[2].Median, cases[3].Median, Median(md5), cases.Max(one => one.BytesAllocated),
            cases[0].Reading.OneByOne, cases[1].Reading.OneByOne, cases[0].Reading.Filtered, cases[1].Reading.Filtered,
            cases[0].Reading.Together, cases[1].Reading.Together, cases.Max(one => one.Reading.BytesAllocated));
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

    internal static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private sealed class Case(Md5Path path, KernelLoad load, int dataSize)
    {
        private readonly int _batches = (int)(BytesPerRun / (dataSize + 100) / KernelLoad.BatchSize);
        private readonly KernelRun _run = new(path, load, Shards);
        private readonly List<double> _nanoseconds = [];

        public double Median => KernelBench.Median(_nanoseconds);

        public double BytesAllocated { get; private set; }

        public KernelReading Reading { get; } = new(dataSize);

        // Twice: the first time the JIT is at work too, and the pool fills.
        public void WarmUp()
        {
            Put(_run);
            Put(_run);
            Put(new KernelRun(path, load, Shards) { OnSealed = Reading.Keep });
            Reading.WarmUp();
        }

        public void Measure()
        {
            var before = _run.Sealed;
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            Put(_run);
            var elapsed = Stopwatch.GetElapsedTime(start);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;

            var records = _batches * KernelLoad.BatchSize;
            if (_run.Sealed - before != records)
                throw new InvalidOperationException($"{records} records went in, {_run.Sealed - before} came out.");
            _nanoseconds.Add(elapsed.TotalNanoseconds / records);
            BytesAllocated = Math.Max(BytesAllocated, (double)allocated / records);
            Reading.Measure();
        }

        public void Check()
        {
            var members = 0;
            var checkedRun = new KernelRun(path, load, Shards) { OnSealed = (shard, record) => members += CheckRecord(shard, record) };
            Put(checkedRun);
            if (members != _batches * KernelLoad.BatchSize)
                throw new InvalidOperationException($"{_batches * KernelLoad.BatchSize} records went in, {members} were read back.");
        }

        private int CheckRecord(ShardRange shard, EncodedRecord record)
        {
            // The last record of a shard may be alone, and then goes as it is.
            if (!record.NeedsTrailer && record.Length == dataSize && shard.Contains(record.HashKey))
                return 1;
            if (!AggregatedRecordCodec.TryDecode(record.Payload, out var members, out var reason))
                throw new InvalidOperationException($"An aggregate cannot be read: {reason}.");
            foreach (var member in members)
            {
                if (!shard.Contains(member.HashKey) || member.Data.Length != dataSize)
                    throw new InvalidOperationException("An aggregate holds a record that does not belong there.");
            }
            return members.Length;
        }

        private void Put(KernelRun run)
        {
            for (var i = 0; i < _batches; i++)
                run.Add(i);
            run.Flush();
        }
    }
}
