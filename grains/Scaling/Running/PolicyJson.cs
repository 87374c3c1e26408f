using System.Text.Json.Serialization;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>How what a policy remembers is written, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true, Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ScalingState))]
internal sealed partial class PolicyJson : JsonSerializerContext;
