using Amazon.DynamoDBv2;
using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>The gateways of one cluster, from the table of its members. Clients may do nothing there but scan.</summary>
/// <param name="client">The client; it is disposed with this.</param>
/// <param name="table">The name of the table.</param>
/// <param name="location">Where the table is, for errors.</param>
/// <param name="cluster">The cluster whose gateways these are.</param>
internal sealed class GatewaysTable(IAmazonDynamoDB client, string table, DynamoDbLocation location, string cluster) : IDisposable
{
    private readonly MemberCalls _calls = new(client, table, location);

    /// <summary>The active silos that have a gateway.</summary>
    public async Task<(List<GatewayRow> Gateways, List<UnreadableMember> Unreadable)> ReadAsync(CancellationToken cancellationToken)
    {
        var items = await _calls.AllAsync(
            async (c, from) =>
            {
                var answer = await c.ScanAsync(
                    new()
                    {
                        TableName = table,
                        FilterExpression = "#cluster = :cluster AND #status = :active AND #gateway > :none",
                        ExpressionAttributeNames = new()
                        {
                            ["#cluster"] = MemberAttributes.Cluster, ["#status"] = MemberAttributes.Status, ["#gateway"] = MemberAttributes.ProxyPort,
                        },
                        ExpressionAttributeValues = new()
                        {
                            [":cluster"] = new(cluster), [":active"] = MemberItems.NumberOf(MemberRow.Active), [":none"] = MemberItems.NumberOf(0),
                        },
                        ConsistentRead = true,
                        ExclusiveStartKey = from,
                    },
                    cancellationToken).ConfigureAwait(false);
                return new MemberPage(answer.Items, answer.LastEvaluatedKey);
            },
            cancellationToken).ConfigureAwait(false);
        var (gateways, unreadable) = (new List<GatewayRow>(items.Count), new List<UnreadableMember>());
        foreach (var item in items)
        {
            try
            {
                gateways.Add(new(
                    MemberItems.AddressOf(item), MemberItems.Number(item, MemberAttributes.ProxyPort), MemberItems.Number(item, MemberAttributes.Generation)));
            }
            catch (FormatException e)
            {
                unreadable.Add(new(item[MemberAttributes.Silo].S, e.Message));
            }
        }
        return (gateways, unreadable);
    }

    public void Dispose() => client.Dispose();
}

/// <summary>Where a silo takes clients.</summary>
internal readonly record struct GatewayRow(string Address, int Port, int Generation);
