using System.Diagnostics;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Tracing;

/// <summary>A sink that knows in which activities its records were put.</summary>
internal interface ITracedSink
{
    ActivityContext ActivityOf(int index);
}

/// <summary>Finds the activities of sinks.</summary>
internal static class TracedSinks
{
    /// <summary>The activity in which a record was put; default for none.</summary>
    public static ActivityContext ActivityOf(this OutcomeSink sink, int index) => (sink as ITracedSink)?.ActivityOf(index) ?? default;
}
