# Golden values of the tests of many firms: straight from the published formulas, in base R.
#   Rscript many_firms.R    reads many_firms_input.csv, writes many_firms_golden.csv
# Abnormal returns and their covariance come from lm() with one dummy for each event session.
input <- read.csv("many_firms_input.csv")
M <- 60
market <- input$market
firms <- as.matrix(input[, -1])
N <- ncol(firms)
out <- list()
put <- function(test, window, statistic, p)
  out[[length(out) + 1]] <<- data.frame(test, window, statistic, p)

for (L in c(1, 3)) {
  rows <- M + L
  dummies <- rbind(matrix(0, M, L), diag(L))
  residuals <- matrix(NA, M, N); sar <- matrix(NA, M, N)
  ar <- matrix(NA, L, N); esar <- matrix(NA, L, N)
  car <- scar <- df <- numeric(N)
  for (i in 1:N) {
    est <- lm(firms[1:M, i] ~ market[1:M])
    residuals[, i] <- resid(est)
    sar[, i] <- rstandard(est)
    full <- lm(firms[1:rows, i] ~ market[1:rows] + dummies[1:rows, , drop = FALSE])
    pick <- 2 + (1:L)
    ar[, i] <- coef(full)[pick]
    V <- vcov(full)[pick, pick, drop = FALSE]
    esar[, i] <- ar[, i] / sqrt(diag(V))
    car[i] <- sum(ar[, i]); scar[i] <- car[i] / sqrt(sum(V)); df[i] <- df.residual(full)
  }
  pt2 <- function(t, d) 2 * pt(-abs(t), d)
  pn2 <- function(z) 2 * pnorm(-abs(z))
  C <- cor(residuals); r <- mean(C[upper.tri(C)])
  tt <- t.test(car); put("cross-t", L, unname(tt$statistic), tt$p.value)
  bb <- t.test(scar); bmp <- unname(bb$statistic); put("bmp", L, bmp, bb$p.value)
  kp <- bmp * sqrt((1 - r) / (1 + (N - 1) * r)); put("kp", L, kp, pt2(kp, N - 1))
  patell <- sum(scar) / sqrt(sum(df / (df - 2))); put("patell", L, patell, pn2(patell))
  kpp <- patell / sqrt(1 + (N - 1) * r); put("kp-patell", L, kpp, pn2(kpp))
  m <- car - mean(car); S <- mean(car) / sd(car)
  g <- sqrt(N * (N - 1)) / (N - 2) * mean(m^3) / mean(m^2)^1.5
  h <- sqrt(N) * (S + g * S^2 / 3 + g^2 * S^3 / 27 + g / (6 * N)); put("hall", L, h, pt2(h, N - 1))
  j <- sqrt(N) * (S + g * S^2 / 3 + g / (6 * N)); put("johnson", L, j, pt2(j, N - 1))
  aar <- rowMeans(residuals)
  crude <- mean(car) / (sd(aar) * sqrt(L)); put("crude", L, crude, pt2(crude, M - 1))
  # the equal-weighted portfolio's own regression, CAR as a linear combination of its dummies
  port <- lm(rowMeans(firms)[1:rows] ~ market[1:rows] + dummies[1:rows, , drop = FALSE])
  pick <- 2 + (1:L)
  tp <- sum(coef(port)[pick]) / sqrt(sum(vcov(port)[pick, pick]))
  put("portfolio", L, tp, pt2(tp, df.residual(port)))
  one <- as.numeric(1:rows > M)
  ct <- summary(lm(rowMeans(firms)[1:rows] ~ market[1:rows] + one))$coefficients["one", ]
  put("calendar-time", L, ct[3], ct[4])
  K <- apply(rbind(residuals, ar), 2, rank); D <- rowMeans(K) - (rows + 1) / 2
  z <- sqrt(L) * mean(D[(M + 1):rows]) / sqrt(mean(D^2)); put("corrado", L, z, pn2(z))
  scaled <- esar / apply(esar, 1, sd)
  U <- apply(rbind(sar, scaled), 2, rank) / (rows + 1) - 0.5; Ub <- rowMeans(U)
  z <- sqrt(L) * mean(Ub[(M + 1):rows]) / sqrt(mean(Ub^2)); put("corrado-zivney", L, z, pn2(z))
  T <- M + 1
  U <- apply(rbind(sar, scar / sd(scar)), 2, rank) / (T + 1) - 0.5; Ub <- rowMeans(U)
  Z <- Ub[T] / sqrt(sum(Ub^2) / T)
  gt <- Z * sqrt((T - 2) / (T - 1 - Z^2)); put("grank-t", L, gt, pt2(gt, T - 2))
  gz <- Ub[T] * sqrt(12 * N * (T + 1) / (T - 1)); put("grank-z", L, gz, pn2(gz))
  share <- mean(residuals > 0); w <- sum(car > 0)
  s <- (w - N * share) / sqrt(N * share * (1 - share)); put("sign", L, s, pn2(s))
  V <- unname(wilcox.test(car)$statistic)
  put("wilcoxon", L, min(V, N * (N + 1) / 2 - V), wilcox.test(car)$p.value)
  put("mean-correlation", L, r, NA)
}
write.csv(format(do.call(rbind, out), digits = 12), "many_firms_golden.csv", row.names = FALSE, quote = FALSE)
