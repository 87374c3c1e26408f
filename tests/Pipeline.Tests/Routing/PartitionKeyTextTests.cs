using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline.Tests.Routing;

public class PartitionKeyTextTests
{
    [Fact]
    public void Encode_OfAnyLength_IsUtf8()
    {
        for (var length = 0; length <= 256; length++)
        {
            AssertUtf8(new string('k', length));
            AssertUtf8(string.Concat(Enumerable.Range(0, length).Select(i => (char)(32 + i % 96))));
            // A character that is not ASCII at every place.
            for (var at = 0; at < length; at += 7)
                AssertUtf8(new string('k', at) + 'é' + new string('k', length - at - 1));
        }
    }

    [Theory]
    [InlineData("\u0080\u00ff\u0100\u7fff\u8000\uffff, and then more than sixteen")]
    [InlineData("a pair 😀 among more than sixteen")]
    [InlineData("half a pair \ud83d among more than sixteen")]
    public void Encode_OfWhatIsNotAscii_IsUtf8(string key) => AssertUtf8(key);

    [Fact]
    public void Encode_WhenThereIsNoRoom_Throws() =>
        Assert.Throws<ArgumentException>(() => PartitionKeyText.Encode(new string('k', 20), new byte[19]));

    [Fact]
    public void Encode_OfAnyText_IsUtf8() => Prop.ForAll<string>(text => AssertUtf8(text ?? "")).QuickCheckThrowOnFailure();

    private static void AssertUtf8(string key)
    {
        var target = new byte[key.Length * PartitionKeyText.MaxBytesPerChar];

        var length = PartitionKeyText.Encode(key, target);

        Assert.Equal(Encoding.UTF8.GetBytes(key), target[..length]);
    }
}
