using System.Buffers.Binary;
using System.Diagnostics;

namespace Orleans.Kpl.Pipeline.Tracing;

/// <summary>
/// The traces of records that travel together from one process to another: which put each of them came with, in runs. It travels beside the records, as
/// bytes that may be missing: a process that does not know them loses the trace and nothing else.
/// </summary>
internal sealed class TraceRuns(int[] ends, ActivityContext[] traces)
{
    /// <summary>The bytes of a run: the number of its records, trace, span and flags. Where all are 0, the records have no trace.</summary>
    private const int RunLength = 4 + 16 + 8 + 1;

    /// <summary>Returns the trace of the record at a place; none where it has none.</summary>
    public ActivityContext At(int index)
    {
        var run = Array.BinarySearch(ends, index);
        // A run ends before its end.
        run = run >= 0 ? run + 1 : ~run;
        return run < traces.Length ? traces[run] : default;
    }

    /// <summary>Writes the traces of records; null where none has one.</summary>
    /// <param name="traceOf">Returns the trace of one of them.</param>
    public static byte[]? Write<T>(T records, int count, Func<T, int, ActivityContext> traceOf)
    {
        List<byte>? runs = null;
        var (former, first) = (default(ActivityContext), 0);
        for (var index = 0; index < count; index++)
        {
            var trace = traceOf(records, index);
            if (trace == former)
                continue;
            Add(runs ??= [], index - first, former);
            (former, first) = (trace, index);
        }

        if (runs is null)
            return null;
        Add(runs, count - first, former);
        return [.. runs];
    }

    /// <summary>Reads them; null where there are none, or they cannot be read: no record is refused for its trace.</summary>
    /// <param name="most">The most records that they may be of. Read, a run takes six times the memory.</param>
    public static TraceRuns? Read(byte[]? bytes, int most = int.MaxValue)
    {
        if (bytes is null || bytes.Length % RunLength != 0 || bytes.Length / RunLength > most)
            return null;
        var (ends, traces) = (new int[bytes.Length / RunLength], new ActivityContext[bytes.Length / RunLength]);
        for (var (run, end) = (0, 0); run < ends.Length; run++)
        {
            var part = bytes.AsSpan(run * RunLength, RunLength);
            var length = BinaryPrimitives.ReadInt32LittleEndian(part);
            if (length <= 0 || length > int.MaxValue - end)
                return null;
            ends[run] = end += length;
            if (part[4..].ContainsAnyExcept((byte)0))
            {
                traces[run] = new ActivityContext(
                    ActivityTraceId.CreateFromBytes(part.Slice(4, 16)), ActivitySpanId.CreateFromBytes(part.Slice(20, 8)), (ActivityTraceFlags)part[28],
                    traceState: null, isRemote: true);
            }
        }

        return new TraceRuns(ends, traces);
    }

    private static void Add(List<byte> runs, int length, ActivityContext trace)
    {
        if (length == 0)
            return;
        Span<byte> run = stackalloc byte[RunLength];
        run.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(run, length);
        if (trace != default)
        {
            trace.TraceId.CopyTo(run.Slice(4, 16));
            trace.SpanId.CopyTo(run.Slice(20, 8));
            run[28] = (byte)trace.TraceFlags;
        }

        runs.AddRange(run);
    }
}
