using Amazon.DynamoDBv2;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Tests.Serving;
using Orleans.Kpl.DynamoDb.State;

namespace Orleans.Kpl.DynamoDb.Tests.State;

/// <summary>Clients of a DynamoDB that a test has, and its answers.</summary>
internal static class TableClients
{
    /// <summary>A client that waits for long: a call that a slow machine lets time out is made again, and some tests count calls.</summary>
    public static IAmazonDynamoDB Of(Uri url, TimeSpan? timeout = null) =>
        DynamoDbClients.Create(new KplDynamoDbOptions(), new DynamoDbLocation("us-east-1", url), timeout ?? Waiting.Long);

    /// <summary>What a request asks for.</summary>
    public static string Operation(this ReceivedRequest request) => request.Header("X-Amz-Target").Split('.')[^1];

    /// <summary>Answers as DynamoDB does.</summary>
    public static Task AnswerAsync(this WireConnection connection, string json, int status = 200) =>
        connection.AnswerAsync(status, json, "application/x-amz-json-1.0");
}
