using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Outcomes;

/// <summary>
/// Counts out records whose results are set, one after the other. Neighboring records were mostly accepted together, so records of one sink, and
/// those of one flush generation, are counted out with one call.
/// </summary>
internal struct OutcomeRuns
{
    private int _sinkStart;
    private int _generationStart;

    /// <summary>Notes that the result of a record is set. Where the next record has another sink, the caller's code may run from here on.</summary>
    /// <param name="next">The sink of the record after it; null for the last one.</param>
    /// <param name="end">How many records are set so far.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(OutcomeSink sink, OutcomeSink? next, int end)
    {
        if (ReferenceEquals(next, sink))
            return;
        sink.Complete(end - _sinkStart);
        _sinkStart = end;
        if (ReferenceEquals(next?.Generation, sink.Generation))
            return;
        sink.Generation.Leave(end - _generationStart);
        _generationStart = end;
    }
}
