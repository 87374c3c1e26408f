namespace Orleans.Kpl.Http;

/// <summary>Something that must be so before records should come here; <c>GET /health/ready</c> asks every one that is registered.</summary>
public interface IReadinessCheck
{
    /// <summary>Why not now, for people; null when ready. Asked at each request: it looks at memory only.</summary>
    string? FindObstacle();
}
