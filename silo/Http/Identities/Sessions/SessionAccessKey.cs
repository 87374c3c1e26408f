namespace Orleans.Kpl.Http.Identities.Sessions;

/// <summary>An access key for a short while.</summary>
/// <param name="Id">The access key id.</param>
/// <param name="Secret">The secret access key, in ASCII.</param>
/// <param name="Identity">Whose it is.</param>
/// <param name="Expires">From when on it is over, in whole seconds.</param>
internal sealed record SessionAccessKey(string Id, string Secret, string Identity, DateTimeOffset Expires)
{
    /// <summary>Tells no secret.</summary>
    public override string ToString() => $"session of {Identity} until {Expires:O}";
}
