using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>The part of a packed record that is kept here until its outcome is known.</summary>
/// <param name="Sink">The sink of its outcome.</param>
/// <param name="Index">Its index in the sink.</param>
/// <param name="Charge">The bytes it is charged against the memory limit.</param>
internal readonly record struct WaitingMember(OutcomeSink Sink, int Index, int Charge);
