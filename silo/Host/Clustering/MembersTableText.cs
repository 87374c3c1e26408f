using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace Orleans.Kpl.Host.Clustering;

/// <summary>What the log says of the table of members at a silo's start. Orleans' own text has the session token in it.</summary>
internal sealed class MembersTableText(IOptions<DynamoDBClusteringOptions> options) : IOptionFormatter<DynamoDBClusteringOptions>
{
    public string Name => nameof(DynamoDBClusteringOptions);

    public IEnumerable<string> Format()
    {
        var table = options.Value;
        return
        [
            $"{nameof(table.Service)}: {table.Service}", $"{nameof(table.TableName)}: {table.TableName}", $"{nameof(table.ProfileName)}: {table.ProfileName}",
            $"{nameof(table.CreateIfNotExists)}: {table.CreateIfNotExists}", $"{nameof(table.UpdateIfExists)}: {table.UpdateIfExists}",
        ];
    }
}
