using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>What a file of <c>kpl run</c> asks for.</summary>
internal sealed record RunFile(RunInput Input, IReadOnlyList<RecordProcessor> Processors, RunOutput Output);
