using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Http.Administering;

/// <summary>What is posted to <c>…/split</c>.</summary>
internal sealed record SplitRequest([property: JsonRequired] string ShardId, string? At = null);

/// <summary>What is posted to <c>…/merge</c>.</summary>
internal sealed record MergeRequest([property: JsonRequired] string ShardId, [property: JsonRequired] string AdjacentShardId);

/// <summary>What is posted to <c>…/scale</c>.</summary>
internal sealed record ScaleRequest([property: JsonRequired] int Shards, ReshardMethod Method = ReshardMethod.Plan);

/// <summary>What is posted to <c>…/plan</c>.</summary>
internal sealed record PlanRequest(int? Shards = null);

/// <summary>What is posted to <c>…/dead-letters/requeue</c> and <c>…/dead-letters/drop</c>: one of the two.</summary>
internal sealed record DeadLettersRequest(long[]? Numbers = null, bool All = false);

/// <summary>How requests are read: a member that is not known is an error, not a wish that nothing comes of.</summary>
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
[JsonSerializable(typeof(DeadLettersRequest))]
internal sealed partial class AdminRequests : JsonSerializerContext;
