using System.Text;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Abstractions.Tests.Records;

public sealed partial class UserRecordTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("Grüße \uD83D\uDE80\u0000\n")]
    public void FromText_OfAnyText_IsItsUtf8WithoutAMark(string text)
    {
        var record = UserRecord.FromText("key", text, 7);
        Assert.Equal(("key", (UInt128?)7), (record.PartitionKey, record.ExplicitHashKey));
        Assert.Equal(Encoding.UTF8.GetBytes(text), record.Data.ToArray());
    }

    /// <summary>As a question mark it would be delivered, and nobody would know.</summary>
    [Fact]
    public void FromText_OfHalfASurrogatePair_Throws() => Assert.Throws<EncoderFallbackException>(() => UserRecord.FromText("key", "\uD83D"));

    [Fact]
    public void FromText_OfNull_Throws() => Assert.Throws<ArgumentNullException>(() => UserRecord.FromText("key", null!));

    [Fact]
    public void FromJson_OfAValue_IsWrittenAsItsTypeInfoSays()
    {
        var record = UserRecord.FromJson("key", new Order(3, "Grüße"), OrderJson.Default.Order, 7);
        Assert.Equal(("key", (UInt128?)7), (record.PartitionKey, record.ExplicitHashKey));
        Assert.Equal("""{"id":3,"name":"Gr\u00FC\u00DFe"}""", Encoding.UTF8.GetString(record.Data.Span));
        Assert.Null(UserRecord.FromJson("key", new Order(3, ""), OrderJson.Default.Order).ExplicitHashKey);
    }

    [Fact]
    public void FromJson_OfNull_IsNull() => Assert.Equal("null"u8.ToArray(), UserRecord.FromJson("key", null, OrderJson.Default.Order).Data.ToArray());

    [Fact]
    public void FromJson_WithoutTypeInfo_Throws() => Assert.Throws<ArgumentNullException>(() => UserRecord.FromJson<Order>("key", new(1, ""), null!));

    internal sealed record Order(int Id, string Name);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Order))]
    internal sealed partial class OrderJson : JsonSerializerContext;
}
