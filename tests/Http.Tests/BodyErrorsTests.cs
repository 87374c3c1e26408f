using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Http.Administering;

namespace Orleans.Kpl.Http.Tests;

public sealed class BodyErrorsTests
{
    /// <summary>It was "of another kind than is expected, or out of its range", and said neither.</summary>
    [Theory]
    [InlineData("scale", """{"shards":"four"}""", "shards is \"four\": it must be a whole number, at most 2147483647")]
    [InlineData("scale", """{"shards":4.5}""", "shards is 4.5: it must be a whole number, at most 2147483647")]
    [InlineData("scale", """{"shards":99999999999}""", "shards is 99999999999: it must be a whole number, at most 2147483647")]
    [InlineData("scale", """{"shards":4,"method":"magic"}""", "method is \"magic\": it must be one of \"plan\", \"update_shard_count\"")]
    [InlineData("split", """{"shard_id":3}""", "shard_id is 3: it must be a text")]
    [InlineData("split", """{"shard_id":null}""", "shard_id is null: it must be a text")]
    [InlineData("policy", """{"mode":"maybe"}""", "mode is \"maybe\": it must be one of \"off\", \"dry_run\", \"on\"")]
    [InlineData("policy", """{"split_utilisation":"75 %"}""", "split_utilisation is \"75 %\": it must be a number")]
    [InlineData("policy", """{"cool_down_seconds":"a minute"}""", "cool_down_seconds: A number of seconds is expected.")]
    [InlineData("letters", """{"numbers":["1"]}""", "numbers is [\"1\"]: it must be a list of whole numbers, each at most 9223372036854775807")]
    [InlineData("letters", """{"all":"yes"}""", "all is \"yes\": it must be true or false")]
    public void Describe_OfAWrongValue_TellsTheKindAndTheRange(string request, string body, string message)
    {
        JsonTypeInfo type = request switch
        {
            "scale" => AdminRequests.Default.ScaleRequest,
            "split" => AdminRequests.Default.SplitRequest,
            "policy" => AdminRequests.Default.ScalingOptions,
            _ => AdminRequests.Default.DeadLettersRequest,
        };
        var error = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(body, type));
        Assert.Equal(("BadRequest", message), BodyErrors.Describe(error, Encoding.UTF8.GetBytes(body), type));
    }
}
