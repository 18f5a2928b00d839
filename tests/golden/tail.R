# Golden values of the tail test, from the evd package (Debian: r-cran-evd).
#   Rscript tail.R    reads tail_losses.csv, writes tail_golden.csv
# Deviance of a probability p of the loss: twice the gap between the maximal log-likelihood and that
# with the return level of period 1 / p held at the loss.
library(evd)
x <- read.csv("tail_losses.csv")$loss
u <- unname(quantile(x, 0.95)); loss <- 0.16
free <- fpot(x, u, npp = 1)
share <- mean(x > u); ratio <- function(p) p
dev_at <- function(p) {
  held <- fpot(x, u, npp = 1, mper = 1 / p, rlevel = loss)
  deviance(held) - deviance(free)
}
point <- share * pgpd(loss - u, 0, fitted(free)["scale"], fitted(free)["shape"], lower.tail = FALSE)
cut <- qchisq(0.95, 1)
low <- uniroot(function(l) dev_at(exp(l)) - cut, log(point) + c(-9, -0.01), tol = 1e-8)$root
high <- uniroot(function(l) dev_at(exp(l)) - cut, log(point) + c(0.01, 3), tol = 1e-8)$root
level <- fpot(x, u, npp = 1, mper = 2520)
out <- data.frame(name = c("threshold", "scale", "shape", "probability", "low", "high", "level2520"),
  value = c(u, fitted(free)["scale"], fitted(free)["shape"], point, exp(low), exp(high), fitted(level)["rlevel"]))
write.csv(format(out, digits = 10), "tail_golden.csv", row.names = FALSE, quote = FALSE)
