using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Client.Messages;

/// <summary>What stays here of a record in a message until its end is known.</summary>
/// <param name="Sink">Where its end goes.</param>
/// <param name="Index">Its place there.</param>
/// <param name="Charge">What it holds of the room.</param>
internal readonly record struct WaitingMember(OutcomeSink Sink, int Index, int Charge);
