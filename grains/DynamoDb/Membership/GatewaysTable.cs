using Amazon.DynamoDBv2.Model;
using Orleans.Kpl.DynamoDb.State;

namespace Orleans.Kpl.DynamoDb.Membership;

/// <summary>The gateways of one cluster, from the table of its members. Clients may do nothing there but scan.</summary>
/// <param name="calls">The calls to the table; their client is disposed with this.</param>
internal sealed class GatewaysTable(MemberCalls calls, string cluster) : IDisposable
{
    /// <summary>The active silos that have a gateway.</summary>
    public async Task<(List<GatewayRow> Gateways, List<UnreadableMember> Unreadable)> ReadAsync(CancellationToken cancellationToken)
    {
        var request = new ScanRequest
        {
            TableName = calls.Table,
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
        };
        var items = await calls.CallAsync(c => c.Paginators.Scan(request).AllAsync(cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return MemberItems.Read(items, static i => new GatewayRow(
            MemberItems.AddressOf(i), MemberItems.Port(i, MemberAttributes.ProxyPort), MemberItems.Number(i, MemberAttributes.Generation)));
    }

    public void Dispose() => calls.Client.Dispose();
}

/// <summary>The address at which a silo takes clients.</summary>
internal readonly record struct GatewayRow(string Address, int Port, int Generation);
