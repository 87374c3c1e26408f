using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>A file of <c>kpl run</c>.</summary>
internal sealed record RunFile(RunInput Input, IReadOnlyList<RecordProcessor> Processors, RunOutput Output);
