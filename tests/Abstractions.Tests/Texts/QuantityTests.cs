using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Abstractions.Tests.Texts;

public sealed class QuantityTests
{
    [Theory]
    [InlineData(0, "0 records")]
    [InlineData(1, "1 record")]
    [InlineData(2_000, "2,000 records")]
    public void Of_CountsOneAlone(long count, string text) => Assert.Equal(text, Quantity.Of(count, "record"));
}
