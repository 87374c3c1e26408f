using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Watching;

/// <summary>What readers are told of one second. It is made once for all readers of a stream.</summary>
/// <param name="Reports">The processes and their streams: each reader sees those that it may.</param>
/// <param name="Map">The shards of the stream and their owners, as JSON; the same object until they change. Null for no stream.</param>
/// <param name="Pulse">The numbers of the stream, as members of a JSON object; null for no stream.</param>
internal sealed record WatchFrame(IReadOnlyList<ProcessReport> Reports, byte[]? Map, byte[]? Pulse);
