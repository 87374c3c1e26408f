using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>
/// The answers that come seldom, which are read by the types that they have: all but those of puts. Members that are not known are passed over, and one
/// that must be there and is not makes a <see cref="JsonException"/>. Numbers of 128 bits are decimal strings.
/// </summary>
[JsonSourceGenerationOptions(
    NumberHandling = JsonNumberHandling.AllowReadingFromString, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    Converters = [typeof(UnixSecondsConverter)])]
[JsonSerializable(typeof(ShardPage))]
[JsonSerializable(typeof(SummaryAnswer))]
[JsonSerializable(typeof(LimitsAnswer))]
[JsonSerializable(typeof(AccountAnswer))]
[JsonSerializable(typeof(IteratorAnswer))]
[JsonSerializable(typeof(RecordsAnswer))]
internal sealed partial class KinesisAnswers : JsonSerializerContext;

/// <summary>The answer of DescribeLimits.</summary>
internal sealed record LimitsAnswer(int ShardLimit, int OpenShardCount);

/// <summary>The answer of DescribeAccountSettings.</summary>
internal sealed record AccountAnswer(BillingCommitment? MinimumThroughputBillingCommitment = null);

/// <summary>The account's commitment to be billed for a minimum.</summary>
internal sealed record BillingCommitment(string? Status = null);

/// <summary>A range of hash keys; both bounds are inclusive.</summary>
internal sealed record HashKeyRange(UInt128 StartingHashKey, UInt128 EndingHashKey);

/// <summary>Reads a time, which AWS writes as seconds with a fraction.</summary>
internal sealed class UnixSecondsConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(reader.GetDouble() * 1000));

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.ToUnixTimeMilliseconds() / 1000m);
}
