using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>What a file of <c>kpl run</c> asks for.</summary>
/// <param name="Input">Where records come from.</param>
/// <param name="Processors">What is done to each record, in order.</param>
/// <param name="Output">Where records go.</param>
internal sealed record RunFile(RunInput Input, IReadOnlyList<RecordProcessor> Processors, RunOutput Output);
