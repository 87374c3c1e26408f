namespace Orleans.Kpl.Http.Tests;

public sealed class Base64LinesTests : HttpServerTest
{
    private const string Path = "/streams/orders/records";
    private const string Base64Lines = "application/vnd.kpl.records+ndjson";

    [Fact]
    public async Task PostBase64Lines_PutsTheBytes_AnswersLines()
    {
        var answer = await Server.PostAsync(Path, """
            {"partition_key":"a","data":"aGksIG5vdCBKU09O"}
            {"data":"","partition_key":"b","explicit_hash_key":"9"}

            {"partition_key":"c","data":"\u0061Gk="}
            """, Base64Lines);

        Assert.Equal((200, "application/x-ndjson"), (answer.Status, answer.Type));
        Assert.Equal(["delivered", "delivered", "delivered"], answer.Lines.Select(line => line.GetProperty("status").GetString()));
        Assert.Equal(
            [
                new PutRecord("orders", "a", "hi, not JSON", null, AckLevel.Delivered),
                new PutRecord("orders", "b", "", 9, AckLevel.Delivered),
                new PutRecord("orders", "c", "hi", null, AckLevel.Delivered),
            ],
            Server.Producer.Records);
    }

    [Theory]
    [InlineData("""{"partition_key":"a"}""", "MissingPayload")]
    [InlineData("""{"partition_key":"a","payload":"aGk="}""", "MissingPayload")]
    [InlineData("""{"partition_key":"a","data":"no base64!"}""", "BadRequest")]
    [InlineData("""{"partition_key":"a","data":"\ud800"}""", "BadRequest")]
    [InlineData("""{"partition_key":"a","data":null}""", "BadRequest")]
    [InlineData("""{"partition_key":"a","data":["aGk="]}""", "BadRequest")]
    [InlineData("""{"data":"aGk="}""", "InvalidPartitionKey")]
    [InlineData("""{"partition_key":"a","data":"aGk=""", "MalformedJson")]
    public async Task PostBase64Lines_WhenALineIsNoRecord_FailsItInItsPlace(string line, string code)
    {
        var answer = await Server.PostAsync(Path, line + "\n" + """{"partition_key":"b","data":"aGk="}""", Base64Lines);

        Assert.Equal(200, answer.Status);
        Assert.Equal([code, null], answer.Lines.Select(result => result.GetProperty("error_code").GetString()));
        Assert.Equal("hi", Assert.Single(Server.Producer.Records).Data);
    }
}
