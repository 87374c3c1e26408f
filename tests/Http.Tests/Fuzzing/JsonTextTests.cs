using System.Globalization;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Http.Tests.Fuzzing;

/// <summary>Strings that are no Unicode text are refused without an exception of .NET's reader, which keeps an array of the pool each time.</summary>
/// <remarks>Tests <see cref="JsonText"/> and <see cref="EventReader"/>.</remarks>
[Collection(nameof(Alone))]
public sealed class JsonTextTests
{
    [Theory]
    [InlineData("partition_key")]
    [InlineData("explicit_hash_key")]
    [InlineData("data")]
    [InlineData("other")]
    public void HalfASurrogatePair_InALongText_GivesItsArrayBack(string member)
    {
        // Longer than what .NET unescapes on the stack.
        var half = new string('a', 1_000) + "\\ud800";
        var text = member == "other"
            ? Encoding.UTF8.GetBytes($$"""{"{{half}}":1,"data":"","partition_key":"k"}""")
            : Encoding.UTF8.GetBytes($$"""{"{{member}}":"{{half}}"}""");
        using var watch = new LeakWatch();
        for (var i = 0; i < 10; i++)
        {
            var reader = new Utf8JsonReader(text, EventReader.Json);
            Assert.True(reader.Read());
            Assert.False(EventReader.TryRead(ref reader, text, PayloadForm.Base64, out _, out _, out var message));
            Assert.NotEmpty(message);
        }

        Assert.Equal(0, watch.Open);
    }

    [Fact]
    public void IsText_OfAnyString_SaysWhatTheReaderDoes()
    {
        var good = Encoding.UTF8.GetBytes("\"a\\ud83d\\ude00é\\u0041\\\\ud800\\\"\\/🙂\\n\\udbff\\udfff\\u00e9\"");
        var (texts, others) = (0, 0);
        for (var seed = 0; seed < 20_000; seed++)
        {
            var bytes = Mutation.Of(new Random(seed), good);
            var reader = new Utf8JsonReader(bytes);
            try
            {
                if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                    continue;
            }
            catch (JsonException)
            {
                continue;
            }

            var expected = Read(ref reader);
            Assert.True(expected == JsonText.Read(ref reader), $"seed {seed.ToString(CultureInfo.InvariantCulture)}");
            if (expected is null)
                others++;
            else
                texts++;
        }

        Assert.True(texts > 100 && others > 100, $"{texts} texts, {others} others: hardly anything was tried");
    }

    private static string? Read(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
