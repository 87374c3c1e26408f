using System.Diagnostics;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Pipeline.Buffers;

namespace Orleans.Kpl.Benchmarks.Kernel;

/// <summary>
/// The memory that any producer touches which keeps a linger's worth of records apart by shard, and nothing else: each record is copied to the
/// end of its shard's bytes, with a note of where its result goes; a full shard is read in, written out as its aggregate, read once more as for a
/// hash, and a result is written for each record. Which shard a record belongs to, and in which order a batch comes to them, is known before.
/// Memory is asked for ahead, there are no locks, no objects, no encoding, no arithmetic. What a thousand shards cost here more than four, they
/// cost everywhere.
/// </summary>
internal sealed class ScatterLoop
{
    private const int Size = 100;
    private const int KeyBytes = 36;
    private const int HeadBytes = 21;
    private const int StageBytes = HeadBytes + KeyBytes + Size;
    private const int EncodedBytes = KeyBytes + 2 + Size + 7;
    private const int Distance = 8;

    // What is on its way to Kinesis is not written again before it is answered: about three calls.
    private const int RingBytes = 16 << 20;
    private const int OpenResults = 200_000;

    private readonly RecordSet _records = new(Size);
    private readonly byte[] _key = new byte[KeyBytes];
    private readonly int _members;
    private readonly int[][] _orders;
    private readonly byte[][] _stages;
    private readonly (int Result, int Place)[][] _notes;
    private readonly int[] _counts;
    private readonly byte[] _ring = new byte[RingBytes];
    private readonly (ulong, ulong)[] _results = new (ulong, ulong)[OpenResults];
    private int _ringAt;
    private int _resultAt;
    private ulong _sum;

    /// <param name="shards">Shards.</param>
    /// <param name="members">Records that an aggregate of such a stream holds.</param>
    public ScatterLoop(int shards, int members)
    {
        _members = members;
        var random = new Random(1);
        _orders = [.. Enumerable.Range(0, 256).Select(_ => Enumerable.Range(0, RecordSet.BatchSize).Select(_ => random.Next(shards)).Order().ToArray())];
        _stages = [.. Enumerable.Range(0, shards).Select(_ => new byte[(members + 2) * StageBytes])];
        _notes = [.. Enumerable.Range(0, shards).Select(_ => new (int, int)[members])];
        // Shards do not fill up at the same instant.
        _counts = [.. Enumerable.Range(0, shards).Select(_ => random.Next(members))];
    }

    /// <summary>Nanoseconds a record.</summary>
    public double Measure(int batches)
    {
        var start = Stopwatch.GetTimestamp();
        for (var b = 0; b < batches; b++)
            Scatter(_records.Batch(b).Span, _orders[b % _orders.Length]);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / ((double)batches * RecordSet.BatchSize);
    }

    /// <summary>Something that hangs on all that was read.</summary>
    public ulong Sum => _sum;

    private void Scatter(ReadOnlySpan<UserRecord> batch, int[] order)
    {
        foreach (ref readonly var record in batch)
            Prefetch.Soon(record.Data.Span, Size);
        for (var i = 0; i < order.Length; i++)
        {
            if (i + Distance < order.Length)
            {
                var next = order[i + Distance];
                Prefetch.Soon(ref UncheckedArray.At(_stages[next], _counts[next] * StageBytes), StageBytes);
                Prefetch.Soon(ref Unsafe.As<(int, int), byte>(ref UncheckedArray.At(_notes[next], Math.Min(_counts[next], _members - 1))), 1);
            }

            var shard = order[i];
            ref var target = ref UncheckedArray.At(_stages[shard], (_counts[shard] * StageBytes) + HeadBytes);
            Unsafe.CopyBlockUnaligned(ref target, ref _key[0], KeyBytes);
            Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, KeyBytes), in batch[i].Data.Span[0], Size);
            UncheckedArray.At(_notes[shard], _counts[shard]) = (_resultAt, i);
            _resultAt = (_resultAt + 1) % OpenResults;
            if (++_counts[shard] == _members)
                Drain(shard);
        }
    }

    private void Drain(int shard)
    {
        _counts[shard] = 0;
        var length = _members * EncodedBytes;
        if (_ringAt + length > RingBytes)
            _ringAt = 0;
        ref var target = ref _ring[_ringAt];
        ref var source = ref _stages[shard][HeadBytes];
        for (var i = 0; i < _members; i++)
            Unsafe.CopyBlockUnaligned(ref Unsafe.Add(ref target, i * EncodedBytes), ref Unsafe.Add(ref source, i * StageBytes), KeyBytes + Size);
        for (var at = 0; at + sizeof(ulong) <= length; at += sizeof(ulong))
            _sum += Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref target, at));
        _ringAt += length;

        var notes = _notes[shard];
        for (var i = 0; i < _members; i++)
        {
            if (i + Distance < _members)
                Prefetch.Soon(ref Unsafe.As<(ulong, ulong), byte>(ref _results[notes[i + Distance].Result]), 1);
            _results[notes[i].Result] = ((ulong)notes[i].Place, _sum);
        }
    }
}
