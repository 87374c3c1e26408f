using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Administering;

/// <summary>The body of <c>POST …/split</c>.</summary>
internal sealed record SplitRequest([property: JsonRequired] string ShardId, string? At = null);

/// <summary>The body of <c>POST …/merge</c>.</summary>
internal sealed record MergeRequest([property: JsonRequired] string ShardId, [property: JsonRequired] string AdjacentShardId);

/// <summary>The body of <c>POST …/scale</c>.</summary>
internal sealed record ScaleRequest([property: JsonRequired] int Shards, ReshardMethod Method = ReshardMethod.Plan);

/// <summary>The body of <c>POST …/plan</c>.</summary>
internal sealed record PlanRequest(int? Shards = null);

/// <summary>The body of <c>POST …/dead-letters/requeue</c> and <c>…/dead-letters/drop</c>: one of the two members.</summary>
internal sealed record DeadLettersRequest(long[]? Numbers = null, bool All = false);

/// <summary>How requests are read: an unknown member is an error, instead of being silently ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(HashKeyText)])]
[JsonSerializable(typeof(SplitRequest))]
[JsonSerializable(typeof(MergeRequest))]
[JsonSerializable(typeof(ScaleRequest))]
[JsonSerializable(typeof(PlanRequest))]
[JsonSerializable(typeof(ScalingOptions))]
[JsonSerializable(typeof(CapacityChange))]
[JsonSerializable(typeof(DeadLettersRequest))]
internal sealed partial class AdminRequests : JsonSerializerContext;
