using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Aws.Wire;

namespace Orleans.Kpl.Aws.Tests.Wire;

public sealed class JsonEscapingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain é 日本 \U0001F600", "plain é 日本 \U0001F600")]
    [InlineData("\"\\/", "\\\"\\\\/")]
    [InlineData("\u0000a\u001f\n\u007f", "\\u0000a\\u001f\\u000a\u007f")]
    public void Write_WhenGivenText_EscapesWhatJsonForbids(string text, string expected) => Assert.Equal(expected, Written(text));

    [Fact]
    public void Write_WhenGivenAnyText_IsReadBackTheSame() =>
        Prop.ForAll(ArbMap.Default.ArbFor<UnicodeString>(), text =>
        {
            var valid = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get ?? ""));
            using var json = JsonDocument.Parse($"\"{Written(valid)}\"");
            return json.RootElement.GetString() == valid;
        }).QuickCheckThrowOnFailure();

    private static string Written(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var buffer = new byte[utf8.Length * JsonEscaping.MaxExpansion];
        return Encoding.UTF8.GetString(buffer, 0, JsonEscaping.Write(utf8, buffer));
    }
}
